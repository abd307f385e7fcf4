from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from copytrace.evaluation.duplicates import fingerprints, first_duplicate, first_duplicate_pair


@pytest.mark.parametrize(
    ("values", "expected"), [([], None), ([5], None), ([5, 6, 4], None), ([5, 6, 6, 5], 2), ([5, 6, 5, 6], 2)]
)
def test_the_first_repeated_value_is_found(values: list[int], expected: int | None) -> None:
    assert first_duplicate(np.array(values, dtype=np.int64)) == expected


@pytest.mark.parametrize(
    ("query", "reference", "expected"),
    [
        ([], [], None),
        ([0, 1], ["R1", "R1"], None),
        ([0, 0], ["R1", "R2"], None),
        ([0, 1, 0], ["R1", "R1", "R1"], 2),
        ([3, 3, 3, 3], ["R1", "R2", "R2", "R1"], 2),
        ([0, 0], ["", ""], 1),
        ([0, 0, 0], ["é", "e", "é"], 2),
    ],
)
def test_the_first_repeated_pair_is_found(
    query: list[int], reference: list[str], expected: int | None
) -> None:
    assert first_duplicate_pair(np.array(query, dtype=np.int64), pa.array(reference, pa.string())) == expected


def test_texts_that_differ_only_in_their_middle_are_told_apart_though_their_fingerprints_are_equal() -> None:
    twins = [f"2021/holidays/{day:02d}/IMG_0001.jpg" for day in range(30)]

    assert len(set(fingerprints(pa.array(twins)).tolist())) == 1
    assert first_duplicate_pair(np.zeros(30, dtype=np.int64), pa.array(twins)) is None
    assert first_duplicate_pair(np.zeros(31, dtype=np.int64), pa.array([*twins, twins[17]])) == 30


def test_every_short_text_has_a_fingerprint_of_its_own() -> None:
    texts = ["", *(f"{number}" for number in range(20_000)), *(f"R{number:06d}" for number in range(20_000))]

    assert len(set(fingerprints(pa.array(texts)).tolist())) == len(texts)


def test_a_text_has_one_fingerprint_wherever_it_stands() -> None:
    texts = ["a", "", "bc", "defghijk", "lmnopqrstuvwxyz", "bc", "a", "", "lmnopqrstuvwxyz", "defghijk"]

    prints = fingerprints(pa.array(texts)).tolist()
    later = fingerprints(pa.array(["before", *texts])[1:]).tolist()

    assert [prints.index(value) for value in prints] == [texts.index(text) for text in texts]
    assert later == prints


def test_repeats_are_found_across_many_texts() -> None:
    # More than are processed in one block.
    texts = [f"R{number:06d}" for number in range(100_000)]

    assert first_duplicate_pair(np.zeros(100_000, dtype=np.int64), pa.array(texts)) is None
    assert first_duplicate_pair(np.zeros(100_001, dtype=np.int64), pa.array([*texts, "R000007"])) == 100_000
