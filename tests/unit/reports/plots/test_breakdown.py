from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from copytrace.errors import InputError
from copytrace.evaluation import AspectScores, GroupScore
from copytrace.records import Score
from copytrace.reports import draw_breakdown

if TYPE_CHECKING:
    from pathlib import Path

SCORE = Score(0.5, 0.4, 0.1, 0.2, 0.3, None, queries=10, true_pairs=5, predictions=30)


def aspect(groups: int) -> AspectScores:
    scores = tuple(
        GroupScore(("geometry", f"edit {number}"), number, 1 / (number + 1), 1.0) for number in range(groups)
    )
    return AspectScores("edit", "Edit", ("family", "edit"), scores)


@pytest.mark.parametrize(
    ("sizes", "columns"), [([3], 1), ([20, 20], 2), ([40, 1, 1], 2), ([40, 40, 40], 3), ([4] * 30, 3)]
)
def test_more_rows_make_more_columns_up_to_three(tmp_path: Path, sizes: list[int], columns: int) -> None:
    path = tmp_path / "breakdown.svg"

    draw_breakdown([aspect(size) for size in sizes], SCORE, path, "matches.csv")

    # A column is 460 units wide and has 35 units around it.
    assert ET.parse(path).getroot().get("width") == str(35 + 495 * max(2, columns))  # noqa: S314 - our own file


def test_equal_breakdowns_make_equal_files(tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg"):
        draw_breakdown([aspect(2)], SCORE, tmp_path / name, "matches.csv")

    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_names_in_any_script_and_with_any_sign_are_drawn(tmp_path: Path) -> None:
    odd = AspectScores("mix", "Mix", ("mix",), (GroupScore(("$\\frac{1}$ 例え <b>",), 1, 0.0, 0.0),))

    draw_breakdown([odd], SCORE, tmp_path / "odd.svg", "例え$.csv")

    assert (tmp_path / "odd.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"plot\.pdf: a plot can be \.svg or \.png, not '\.pdf'"):
        draw_breakdown([aspect(1)], SCORE, tmp_path / "plot.pdf", "matches.csv")

    assert list(tmp_path.iterdir()) == []
