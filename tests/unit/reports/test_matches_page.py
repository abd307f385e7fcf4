from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from copytrace.reports.matches_page import MatchesPage, PageSection, ShownPair, write_matches_page

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


def with_section(pairs: list[ShownPair]) -> MatchesPage:
    section = PageSection("misses", "The worst <misses>", "What was missed.", pairs, "Nothing was missed.")
    return replace(page([pair("Q1", -0.1, correct=True)], [-0.1]), sections=[section])


def test_a_section_is_linked_and_shows_its_pairs(tmp_path: Path) -> None:
    missed = ShownPair("Q2", "R2", None, False, True, b"jpeg", b"jpeg", recipe="crop 0.30 <b>")  # noqa: FBT003 - copy, correct
    html = write_matches_page(tmp_path / "report", with_section([missed])).read_text()
    assert '<a href="#misses">The worst &lt;misses&gt;</a>' in html
    assert '<section id="misses">' in html
    assert "not found</span>" in html
    assert "crop 0.30 &lt;b&gt;" in html
    assert "Nothing was missed" not in html


def test_an_empty_section_says_so(tmp_path: Path) -> None:
    assert "Nothing was missed." in write_matches_page(tmp_path / "report", with_section([])).read_text()


def test_a_false_pair_says_what_its_query_derives_from(tmp_path: Path) -> None:
    pairs = [
        replace(pair("Q1", -0.1, correct=False), true_references=("R7", "R8")),
        pair("Q2", -0.2, correct=False),
        replace(pair("Q3", -0.3, correct=True), true_references=("R9",)),
    ]
    html = write_matches_page(tmp_path / "report", page(pairs, [-0.1, -0.2, -0.3])).read_text()
    assert html.count("copy of R7, R8") == 1
    assert html.count("no copy of any reference") == 1
    assert "R9" not in html


def test_a_picture_that_is_shown_twice_is_there_once(tmp_path: Path) -> None:
    written = write_matches_page(tmp_path / "report", with_section([pair("Q1", -0.1, correct=True)]))
    assert [path.name for path in (written.parent / "pictures").iterdir()] == ["00001-query.jpg"]
    assert written.read_text().count('src="pictures/00001-query.jpg"') == 2
