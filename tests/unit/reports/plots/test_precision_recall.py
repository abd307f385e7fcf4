from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from copytrace.errors import InputError
from copytrace.evaluation import Judged, curve_steps, micro_ap, score_judged
from copytrace.reports.plots import draw_precision_recall, precision_recall

if TYPE_CHECKING:
    from pathlib import Path


def some_judged(rows: int, seed: int = 1) -> Judged:
    generator = np.random.default_rng(seed)
    correct = generator.random(rows) < 0.4
    query = np.arange(rows)
    return Judged(correct, generator.normal(size=rows) + 2 * correct, query, np.ones(rows, dtype=int))


NOT_REACHED = Judged(np.array([False, True]), np.array([0.9, 0.8]), np.array([0, 1]), np.array([1, 1]))
EMPTY = Judged(np.array([], bool), np.array([]), np.array([], int), np.array([1]))


@pytest.mark.parametrize("rows", [10, 50_000])
def test_the_area_under_the_steps_is_micro_ap(rows: int) -> None:
    judged = some_judged(rows)

    edges, heights = curve_steps(judged)

    assert len(heights) <= 1000
    assert np.sum(np.diff(edges) * heights) == pytest.approx(micro_ap(judged), rel=1e-12)
    assert edges[0] == 0.0
    assert edges[-1] == judged.correct.sum() / rows


def test_a_list_that_finds_nothing_has_no_steps() -> None:
    edges, heights = curve_steps(EMPTY)

    assert edges.tolist() == [0.0]
    assert heights.tolist() == []


@pytest.mark.parametrize("suffix", ["svg", "png", "SVG"])
def test_equal_inputs_give_equal_files_without_a_date(suffix: str, tmp_path: Path) -> None:
    judged = some_judged(200)
    first, second = tmp_path / f"first.{suffix}", tmp_path / f"second.{suffix}"
    for path in (first, second):
        draw_precision_recall(judged, score_judged(judged, bootstrap=10), path, "team7.csv")

    assert first.read_bytes() == second.read_bytes()
    assert not re.search(rb"20\d\d-\d\d-\d\d", first.read_bytes())


def test_the_svg_is_a_picture_and_the_png_is_one_of_1110_by_870_pixels(tmp_path: Path) -> None:
    judged = some_judged(200)
    for name in ("curve.svg", "curve.png"):
        draw_precision_recall(judged, score_judged(judged, bootstrap=10), tmp_path / name, "team7.csv")

    assert ET.parse(tmp_path / "curve.svg").getroot().tag.endswith("svg")  # noqa: S314 - our own file
    with Image.open(tmp_path / "curve.png") as image:
        assert image.size == (1110, 870)
        assert len(image.convert("RGB").getcolors(1 << 20) or []) > 20


def picture(judged: Judged, path: Path, name: str = "team7.csv", bootstrap: int = 0) -> bytes:
    draw_precision_recall(judged, score_judged(judged, bootstrap=bootstrap), path, name)
    return path.read_bytes()


def test_different_cases_give_different_pictures(tmp_path: Path) -> None:
    pictures = [
        picture(some_judged(200), tmp_path / "curve.png"),
        picture(some_judged(200), tmp_path / "with_interval.png", bootstrap=10),
        picture(some_judged(200, seed=2), tmp_path / "other.png"),
        picture(some_judged(200), tmp_path / "name.png", name="team8.csv"),
        picture(NOT_REACHED, tmp_path / "not_reached.png"),
        picture(EMPTY, tmp_path / "empty.png"),
    ]

    assert len(set(pictures)) == len(pictures)


@pytest.mark.parametrize("name", ["a $ and another $x^$.csv", "图像.csv", "W" * 300])
def test_any_file_name_can_stand_under_the_title(name: str, tmp_path: Path) -> None:
    assert picture(some_judged(20), tmp_path / "curve.svg", name=name)


def test_another_kind_of_file_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"curve\.jpg: a plot can be \.svg or \.png, not '\.jpg'"):
        picture(some_judged(20), tmp_path / "curve.jpg")

    assert list(tmp_path.iterdir()) == []


def test_a_file_is_text_that_needs_no_style_of_a_page(tmp_path: Path) -> None:
    svg = picture(some_judged(20), tmp_path / "curve.svg", name="<b> & co.csv").decode()

    assert "&lt;b&gt; &amp; co.csv · 20 predictions · 20 queries · 20 true pairs" in svg
    assert "var(" not in svg


def test_the_point_lies_where_the_curve_is_at_that_recall() -> None:
    drawing = precision_recall([0, 0.25, 0.5], [1.0, 0.95], 0.4875, 0.5)

    # x from 40 to 332; y from 206 (precision 0) to 20 (precision 1).
    point = ET.fromstring(drawing.svg()).find(".//{*}circle")  # noqa: S314 - our own drawing
    assert point is not None
    assert (point.get("cx"), point.get("cy")) == ("186", "29.3")
    assert "recall at precision 90%: 0.5000." in drawing.label


def test_a_curve_below_precision_90_has_no_point() -> None:
    assert "<circle" not in precision_recall([0, 1], [0.5], 0.5, 0.0).content
