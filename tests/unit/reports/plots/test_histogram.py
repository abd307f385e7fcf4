from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np

from copytrace.reports.plots import found_histogram, score_histogram

if TYPE_CHECKING:
    from markupsafe import Markup


def bars(drawing: Markup, class_: str) -> list[ET.Element]:
    figure = ET.fromstring(f"<figure>{drawing}</figure>")  # noqa: S314 - our own drawing
    return figure.findall(f".//{{*}}rect[@class='{class_}']")


def test_true_pairs_rise_above_the_line_and_false_ones_hang_below_it() -> None:
    drawing = score_histogram([0, 1, 2], right=[0, 4], wrong=[300, 3], threshold=1.5)
    (true,), false = bars(drawing.svg(), "right"), bars(drawing.svg(), "wrong")

    base = float(true.get("y", 0)) + float(true.get("height", 0))
    assert [float(bar.get("y", 0)) for bar in false] == [base, base]
    # Each kind has its own scale, and rare values are still visible.
    assert true.get("height") == false[0].get("height")
    assert float(false[1].get("height", 0)) >= 1
    assert drawing.label == "Scores of 4 true pairs and 303 false pairs."
    assert true.findtext("{*}title") == "4 true pairs with a score of 1 to 2"
    assert "mark-line" in drawing.content


def test_no_pair_makes_an_empty_plot() -> None:
    drawing = score_histogram([0.0], right=[], wrong=[], threshold=None)

    assert "<rect" not in drawing.content
    assert "mark-line" not in drawing.content


def test_likely_copies_are_drawn_apart_for_both_widths() -> None:
    drawing = found_histogram(np.array([0.0, 0.0, 0.0, 1.0]), threshold=0.9)

    assert len(bars(drawing, "right")) == len(bars(drawing, "other")) == 2
    assert drawing.count("<svg") == 2
    assert "3 pairs with a score of 0 to 0.0167" in drawing


def test_equal_scores_make_one_bar() -> None:
    assert len(bars(found_histogram(np.full(5, -1.0), threshold=-2), "right")) == 2


def test_an_axis_with_limits_shows_the_threshold_of_scores_that_are_all_high() -> None:
    drawing = found_histogram(np.array([0.99999, 1.0]), 0.5, limits=(0.0, 1.0))

    assert len(bars(drawing, "right")) == 2
    assert drawing.count("mark-line") == 2


def test_without_scores_there_is_no_plot() -> None:
    assert found_histogram(np.array([]), threshold=0) == ""
