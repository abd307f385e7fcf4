"""What plots of the pages say beside their lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from copytrace.hosting.web.pages.plots import best_over_time

START = datetime(2026, 11, 25, 7, 15, tzinfo=UTC)


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
    wide, small = best_over_time([(START, 0.5)], START, START + span)
    assert [tick.words for tick in small["ticks_x"]] == narrow
    assert len(wide["ticks_x"]) == 6
