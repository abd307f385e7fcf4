from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.reports.matches_page import MatchesPage, ShownPair, write_matches_page

if TYPE_CHECKING:
    from pathlib import Path


def page(pairs: list[ShownPair], scores: list[float], *, judged: bool = True) -> MatchesPage:
    return MatchesPage(
        title="Matches",
        model="gist",
        threshold=-0.5,
        threshold_source="a test",
        facts={"queries": "2"},
        scores=np.array(scores),
        pairs=pairs,
        judged=judged,
    )


def pair(query_id: str, score: float, *, correct: bool | None) -> ShownPair:
    return ShownPair(query_id, "R1", score, score >= -0.5, correct, b"jpeg", None)


def test_a_hostile_id_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>/../../etc"
    written = write_matches_page(tmp_path / "report", page([pair(evil, -0.1, correct=True)], [-0.1]))
    html = written.read_text()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert [path.name for path in (tmp_path / "report" / "pictures").iterdir()] == ["00001-query.jpg"]


def test_pairs_are_marked_by_the_threshold_and_the_truth(tmp_path: Path) -> None:
    pairs = [pair("Q1", -0.1, correct=True), pair("Q2", -0.9, correct=False), pair("Q3", -1, correct=None)]
    html = write_matches_page(tmp_path / "report", page(pairs, [-0.1, -0.9, -1])).read_text()
    assert html.count("tag copy") == 1
    assert html.count("below the threshold") == 2
    assert html.count('"tag true"') == 1
    assert html.count('"tag false"') == 1
    assert html.count("no picture") == 3


def test_without_a_truth_there_is_no_filter_for_it(tmp_path: Path) -> None:
    html = write_matches_page(
        tmp_path / "report", page([pair("Q1", -0.1, correct=None)], [-0.1], judged=False)
    ).read_text()
    assert 'id="f-true"' not in html


def test_no_pairs_make_a_page_that_says_so(tmp_path: Path) -> None:
    assert "No pair was found" in write_matches_page(tmp_path / "report", page([], [])).read_text()
