from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from copytrace.pipelines import report_matches as pipeline
from copytrace.pipelines.decide import Found
from copytrace.pipelines.report_matches import report_matches
from copytrace.pipelines.verified import Verified
from copytrace.records import Matches
from reports_read import read_report

if TYPE_CHECKING:
    from pathlib import Path


def found_of(scores: list[float], threshold: float = 0.5) -> Found:
    """Pairs Q0 and R0, Q1 and R1, ..., without pictures."""
    ids = range(len(scores))
    return Found(
        matches=Matches([f"Q{n}" for n in ids], [f"R{n}" for n in ids], np.array(scores)),
        threshold=threshold,
        threshold_source="a test",
        model="pdq",
        model_sha256="",
        queries=len(scores),
        references=len(scores),
        failures=(),
        query_images=None,
        reference_images=None,
        query_paths={},
        reference_paths={},
    )


def shown(found: Found, folder: Path, **options: Any) -> list[tuple[str, str, str]]:
    """The query, the reference and the result of each pair on the page."""
    report_matches(found, folder / "report", workers=1, **options)
    return [
        (pair["query"]["id"], pair["reference"]["id"], pair["finding"])
        for pair in read_report(folder / "report")["pairs"]
    ]


@pytest.mark.parametrize(
    ("fewest", "most", "expected"), [(4, 9, [0, 1, 2, 3]), (1, 9, [0, 1, 2]), (1, 2, [0, 1])]
)
def test_all_likely_copies_are_shown_and_others_fill_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fewest: int, most: int, expected: list[int]
) -> None:
    monkeypatch.setattr(pipeline, "FEWEST", fewest)
    monkeypatch.setattr(pipeline, "MOST", most)
    pairs = shown(found_of([0.9, 0.8, 0.7, 0.4, 0.3]), tmp_path)
    assert pairs == [(f"Q{n}", f"R{n}", "likely" if n < 3 else "below") for n in expected]


def test_what_verification_leaves_open_is_shown_before_what_it_rules_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "FEWEST", 0)
    verified = Verified(["copy", "none", "same_scene"], np.array([6.0, -3.0, -3.1]), 0.01, {})
    found = replace(found_of([0.98, 0.004, 0.003]), verified=verified)
    assert shown(found, tmp_path) == [("Q0", "R0", "copy"), ("Q2", "R2", "same_scene")]
    first = read_report(tmp_path / "report")["pairs"][0]
    assert (first["shown"], first["logRatio"]) == ("98.0%", 6.0)


def test_a_number_of_pairs_can_be_asked_for(tmp_path: Path) -> None:
    assert len(shown(found_of([0.9, 0.8, 0.7]), tmp_path, shown=2)) == 2


def test_true_pairs_that_were_missed_are_always_shown(tmp_path: Path) -> None:
    truth = tmp_path / "truth.csv"
    truth.write_text("query_id,reference_id\nQ0,R0\nQ1,R9\nQ3,R3\n")
    pairs = shown(found_of([0.9, 0.8, 0.4, 0.3]), tmp_path, shown=1, truth=truth)
    # The ground truth has another pair for Q1, and nothing for Q2.
    assert pairs == [
        ("Q0", "R0", "likely"),
        ("Q1", "R1", "likely"),
        ("Q3", "R3", "below"),
        ("Q1", "R9", "missed"),
    ]
    assert (
        "3 true pairs: 1 not found, 1 found below the threshold."
        in (tmp_path / "report" / "index.html").read_text()
    )
