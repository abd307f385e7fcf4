from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.edits.drawing.scenes import draw_picture
from copytrace.errors import CopytraceError, InputError
from copytrace.pipelines import decide
from copytrace.pipelines.find_copies import find_copies
from copytrace.pipelines.sides import open_sets
from copytrace.records import Descriptors
from copytrace.vectors import write_descriptors

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.pipelines.decide import Found


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """The two closest pairs of two queries, with unknown paths, and three references."""
    queries = Descriptors(["Q0", "Q1"], np.array([[0], [5]], np.float32), "pdq")
    references = Descriptors(
        ["R0", "R1", "R2"],
        np.array([[9], [0], [6]], np.float32),
        "pdq",
        source="/photos",
        paths=["a/R0.jpg", "b/R1.jpg", "R2.jpg"],
    )
    write_descriptors(tmp_path / "q.h5", queries)
    write_descriptors(tmp_path / "r.h5", references)
    return find_copies(tmp_path / "q.h5", tmp_path / "r.h5", max_results=2, threshold=-0.5, verify=False)


def test_pairs_of_two_sets_come_by_falling_score(found: Found) -> None:
    assert list(found.matches) == [("Q0", "R1", 0.0), ("Q1", "R2", -1.0)]
    assert (len(found.copies), found.queries, found.references, found.model) == (1, 2, 3, "pdq")


def test_paths_are_reported_if_a_set_has_them(found: Found) -> None:
    assert found.query_paths == {}
    assert found.reference_paths == {"R1": "b/R1.jpg", "R2": "R2.jpg"}


def test_many_paths_are_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide, "_FEW", 1)
    vectors = np.zeros((3, 1), np.float32)
    write_descriptors(tmp_path / "s.h5", Descriptors(["a", "b", "c"], vectors, "pdq", paths=["A", "B", "C"]))
    found = find_copies(tmp_path / "s.h5", tmp_path / "s.h5", per_query=2, threshold=-1, verify=False)
    assert found.reference_paths == {"a": "A", "b": "B"}


def test_a_folder_of_sets_is_searched_as_one_set(tmp_path: Path) -> None:
    shards = tmp_path / "shards"
    shards.mkdir()
    for name, ids, values in (("0.h5", ["R0", "R1"], [[9], [0]]), ("1.h5", ["R2"], [[6]])):
        write_descriptors(shards / name, Descriptors(ids, np.array(values, np.float32), "pdq"))
    with open_sets([shards, tmp_path]) as (opened, images):
        assert opened is not None
        assert opened.ids == ["R0", "R1", "R2"]
        assert opened.vectors[:].tolist() == [[9], [0], [6]]
        assert images is None


def test_finished_comparisons_stay_until_the_matches_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photos").mkdir()
    draw_picture(3).save(tmp_path / "photos" / "a.png")
    output = tmp_path / "matches.csv"

    def fail(*_: object) -> None:
        raise CopytraceError("the disk is full")

    with monkeypatch.context() as patched, pytest.raises(CopytraceError):
        patched.setattr("copytrace.submissions.write_matches", fail)
        find_copies(tmp_path / "photos", tmp_path / "photos", model="gist", output=output, workers=1)
    parts = tmp_path / "matches.csv.parts"
    assert any(parts.iterdir())
    find_copies(tmp_path / "photos", tmp_path / "photos", model="gist", output=output, workers=1)
    assert not parts.exists()
    assert output.read_text().splitlines()[1].startswith("a,a,1")


def test_a_card_requires_verification(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match="--card gives probabilities, so it cannot be combined with --no-verify"
    ):
        find_copies(tmp_path, tmp_path, card=tmp_path / "card.json", verify=False)
