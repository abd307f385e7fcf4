from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from copytrace.reports.plots import best_over_time

START = datetime(2026, 11, 25, 7, 15, tzinfo=UTC)


def drawn(found: list[tuple[datetime, float]], until: datetime) -> list[ET.Element]:
    """The drawings for wide and for narrow screens."""
    return list(ET.fromstring(f"<figure>{best_over_time(found, START, until)}</figure>"))  # noqa: S314 - our own


def axis(svg: ET.Element) -> list[str]:
    """What is written under the plot."""
    words = svg.findall(".//{*}text")
    lowest = max(float(text.get("y", 0)) for text in words)
    return [text.text or "" for text in words if float(text.get("y", 0)) == lowest]


@pytest.mark.parametrize(
    ("span", "narrow"),
    [
        (timedelta(minutes=2), ["25 Nov 07:15", "07:16", "07:17"]),
        (timedelta(hours=20), ["25 Nov 07:15", "26 Nov 03:15"]),
        (timedelta(days=9), ["25 Nov", "29 Nov", "4 Dec"]),
    ],
    ids=["minutes", "hours", "days"],
)
def test_the_moments_of_a_narrow_plot_do_not_run_into_each_other(span: timedelta, narrow: list[str]) -> None:
    wide, small = (axis(svg) for svg in drawn([(START, 0.5)], START + span))

    assert small == narrow
    assert len(wide) == 6


def test_the_best_score_is_kept_until_the_phase_ends() -> None:
    wide, _ = drawn([(START, 0.2), (START + timedelta(days=5), 0.4)], START + timedelta(days=10))

    # From left to right 46 to 748 are 10 days; from bottom to top 204 to 14 are 0.15 to 0.45.
    line = wide.find(".//{*}path[@class='line']")
    assert line is not None
    assert line.get("d") == "M46.0 172.3 H397.0 V45.7 H748"
    assert wide.get("aria-label") == "Best score over time, from 0.2000 to 0.4000 in 2 steps."


def test_without_a_score_there_is_no_plot() -> None:
    assert best_over_time([], START, START) == ""
