from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from copytrace.reports.plots import best_over_time

START = datetime(2026, 11, 25, 7, 15, tzinfo=UTC)


def drawn(found: list[tuple[datetime, float]], until: datetime) -> list[ET.Element]:
    """The plots for wide and for narrow screens."""
    return list(ET.fromstring(f"<figure>{best_over_time(found, START, until)}</figure>"))  # noqa: S314 - our own


def rows(svg: ET.Element) -> list[list[ET.Element]]:
    """The text below the plot, line by line."""
    lines: dict[float, list[ET.Element]] = {}
    for text in svg.findall(".//{*}text"):
        lines.setdefault(float(text.get("y", 0)), []).append(text)
    return [lines[height] for height in sorted(lines)[-2:]]


def ends(text: ET.Element) -> tuple[float, float]:
    """Where words begin and end: a letter is at most 7 units wide."""
    width, x = 7 * len(text.text or ""), float(text.get("x", 0))
    begin = x - width * {"middle": 0.5, "end": 1.0}.get(text.get("text-anchor", ""), 0.0)
    return begin, begin + width


@pytest.mark.parametrize(
    ("span", "narrow"),
    [
        (timedelta(0), [["07:15:00", "07:15:01"], ["25 Nov"]]),
        (timedelta(minutes=2), [["07:15", "07:16", "07:17"], ["25 Nov"]]),
        (timedelta(hours=20), [["12:00", "00:00"], ["25 Nov", "26 Nov"]]),
        (timedelta(days=9), [["28 Nov", "3 Dec"], ["2026"]]),
        (timedelta(days=90), [["3 Dec", "2 Jan", "1 Feb"], ["2026", "2027"]]),
    ],
    ids=["moment", "minutes", "hours", "days", "months"],
)
def test_the_moments_of_a_plot_are_round_and_keep_apart(span: timedelta, narrow: list[list[str]]) -> None:
    for svg in drawn([(START, 0.5)], START + span):
        for row in rows(svg):
            taken = [edge for text in row for edge in ends(text)]
            assert taken == sorted(taken)
            assert len({text.text for text in row}) == len(row)
    assert [[text.text for text in row] for row in rows(svg)] == narrow


def test_the_best_score_is_kept_until_the_phase_ends() -> None:
    wide, _ = drawn([(START, 0.2), (START + timedelta(days=5), 0.4)], START + timedelta(days=10))

    # x from 46 to 1148 spans 10 days; y from 204 to 14 spans 0.15 to 0.45.
    line = wide.find(".//{*}path[@class='line']")
    assert line is not None
    assert line.get("d") == "M46.0 172.3 H597.0 V45.7 H1148"
    assert wide.get("aria-label") == "Best score over time, from 0.2000 to 0.4000 in 2 steps."


def test_without_a_score_there_is_no_plot() -> None:
    assert best_over_time([], START, START) == ""
