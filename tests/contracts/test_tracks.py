"""Requirements of every track: written files are valid, and reading them gives the same data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from copytrace.records import Descriptors, Matches
from copytrace.submissions import (
    check_submission,
    open_descriptor_submission,
    open_queries_only,
    read_matches,
    reference_digest,
    write_descriptor_submission,
    write_matches,
    write_queries_only,
)
from copytrace.vectors import read_descriptors, write_descriptors

if TYPE_CHECKING:
    from pathlib import Path

# Any text that an ID may be: UTF-8 without NUL and line breaks, and not empty.
IDS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1, max_size=20)
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
ROUND_TRIPS = settings(max_examples=60, deadline=None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tracks")


@st.composite
def matches(draw: st.DrawFn) -> Matches:
    pairs = draw(st.lists(st.tuples(IDS, IDS), min_size=1, max_size=20, unique=True))
    scores = draw(
        st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=len(pairs), max_size=len(pairs))
    )
    return Matches([query for query, _ in pairs], [reference for _, reference in pairs], np.array(scores))


@st.composite
def descriptor_sets(
    draw: st.DrawFn, dims: st.SearchStrategy[int], bias: st.SearchStrategy[bool]
) -> Descriptors:
    ids = draw(st.lists(IDS, min_size=1, max_size=8, unique=True))
    vectors = draw(arrays.arrays(np.float32, (len(ids), draw(dims)), elements=FLOATS))
    biases = draw(arrays.arrays(np.float32, len(ids), elements=st.floats(0, 1e6, width=32)))
    return Descriptors(ids, vectors, "pdq", "00ff", "0.1.0", biases if draw(bias) else None)


@st.composite
def set_pairs(draw: st.DrawFn) -> tuple[Descriptors, Descriptors]:
    kind = {"dims": st.just(draw(st.integers(1, 9))), "bias": st.just(draw(st.booleans()))}
    return draw(descriptor_sets(**kind)), draw(descriptor_sets(**kind))


@ROUND_TRIPS
@given(matches=matches())
def test_matching_track(folder: Path, matches: Matches) -> None:
    path = folder / "matches.csv"
    write_matches(path, matches)
    report = check_submission(
        path,
        # At most ten rows per query are allowed on average.
        queries=[*dict.fromkeys(matches.query_ids), "more", "queries"],
        references=set(matches.reference_ids),
        track="matching",
    )
    assert report.faults == ()
    again = read_matches(path)
    assert (again.query_ids, again.reference_ids) == (matches.query_ids, matches.reference_ids)
    assert again.scores.tobytes() == matches.scores.tobytes()


@ROUND_TRIPS
@given(sets=set_pairs())
def test_descriptor_track(folder: Path, sets: tuple[Descriptors, Descriptors]) -> None:
    queries, references = sets
    path = folder / "submission.h5"
    write_descriptor_submission(path, queries, references)
    report = check_submission(path, queries=queries.ids, references=references.ids, track="descriptor")
    assert report.faults == ()
    with open_descriptor_submission(path) as again:
        assert (again.query_ids, again.reference_ids) == (queries.ids, references.ids)
        for found, written in ((again.query[:], queries.vectors), (again.reference[:], references.vectors)):
            assert np.array_equal(found[:, : written.shape[1]], written)
        if queries.bias is not None:
            assert np.array_equal(again.query[:][:, -1], np.sqrt(queries.bias))
            assert not again.reference[:][:, -1].any()


@ROUND_TRIPS
@given(sets=set_pairs())
def test_descriptor_track_with_frozen_references(folder: Path, sets: tuple[Descriptors, Descriptors]) -> None:
    queries, references = sets
    submission, frozen, path = folder / "phase1.h5", folder / "references.h5", folder / "queries.h5"
    write_descriptor_submission(submission, queries, references)
    write_descriptors(frozen, references)
    with open_descriptor_submission(submission) as phase_1:
        digest = reference_digest(phase_1.reference_ids, phase_1.reference)
    write_queries_only(path, queries, digest)
    # The set that the references come from and the submission that contains them are equivalent.
    for same in (submission, frozen):
        assert check_submission(path, queries=queries.ids, frozen=same).faults == ()
    with open_queries_only(path) as again:
        assert again.query_ids == queries.ids
        assert again.reference_sha256 == digest


@ROUND_TRIPS
@given(descriptors=descriptor_sets(st.integers(1, 9), st.booleans()))
def test_descriptor_sets(folder: Path, descriptors: Descriptors) -> None:
    path = folder / "set.h5"
    write_descriptors(path, descriptors)
    again = read_descriptors(path)
    assert again.ids == descriptors.ids
    assert again.vectors.tobytes() == descriptors.vectors.tobytes()
    assert (again.model, again.model_sha256, again.copytrace_version) == ("pdq", "00ff", "0.1.0")
    assert (again.bias is None) == (descriptors.bias is None)
    if descriptors.bias is not None:
        assert np.array_equal(again.bias, descriptors.bias)
