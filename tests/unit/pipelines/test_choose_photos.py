from __future__ import annotations

import numpy as np
import pytest

from copytrace.errors import InputError
from copytrace.pipelines.choose_photos import choose_photos

GIST = np.random.default_rng(2).random((100, 16)).astype(np.float32)


def test_every_photograph_has_exactly_one_role() -> None:
    parts = choose_photos(GIST, queries=50, references=40, copies=0.2, rng=np.random.default_rng(0))
    assert (len(parts.references), len(parts.originals), len(parts.strangers)) == (40, 10, 40)
    everyone = np.concatenate([parts.references, parts.strangers, parts.training])
    assert sorted(everyone.tolist()) == list(range(100))
    assert set(parts.originals.tolist()) <= set(parts.references.tolist())
    assert len(set(parts.originals.tolist())) == 10


def test_originals_recur_only_when_copies_outnumber_references() -> None:
    parts = choose_photos(GIST, queries=50, references=20, copies=1.0, rng=np.random.default_rng(0))
    counts = np.bincount(parts.originals)[parts.references]
    assert sorted(set(counts.tolist())) == [2, 3]


def test_hard_strangers_resemble_references_more_than_the_others_do() -> None:
    parts = choose_photos(GIST, queries=40, references=30, copies=0.25, rng=np.random.default_rng(1))
    distance = ((GIST[:, None] - GIST[None, parts.references]) ** 2).sum(axis=2).min(axis=1)
    assert parts.hard == 9
    assert distance[parts.strangers[:9]].max() <= distance[parts.strangers[9:]].min()


def test_the_seed_decides() -> None:
    one, same, other = (
        choose_photos(GIST, queries=20, references=30, copies=0.5, rng=np.random.default_rng(seed)).references
        for seed in (4, 4, 5)
    )
    assert one.tolist() == same.tolist()
    assert one.tolist() != other.tolist()


def test_too_few_photographs_are_explained_with_numbers_that_would_do() -> None:
    with pytest.raises(
        InputError, match=r"need 160 photographs .* there are 100\. .*enough for 50 references and 62 queries"
    ):
        choose_photos(GIST, queries=100, references=80, copies=0.2, rng=np.random.default_rng(0))
    choose_photos(GIST, queries=62, references=50, copies=0.2, rng=np.random.default_rng(0))
