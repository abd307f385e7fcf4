"""Assigns the roles in a benchmark: references, queries with and without a copy, training images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from copytrace.errors import InputError
from copytrace.search import nearest

if TYPE_CHECKING:
    from copytrace.records import Float32Array, IndexArray

HARD_SHARE = 0.3
"""Share of the queries without a copy that are chosen because they resemble a reference."""


@dataclass(frozen=True)
class Parts:
    """Rows of the photographs by role; no photograph has two, except that copies are made from references.

    Attributes:
        references: (m,) the references.
        originals: (c,) the reference that each copy is made from; may repeat.
        strangers: (n - c,) the photographs of the queries without a copy.
        hard: how many of the strangers, the first ones, were chosen because they resemble a reference.
        training: all others.
    """

    references: IndexArray
    originals: IndexArray
    strangers: IndexArray
    hard: int
    training: IndexArray


def choose_photos(
    gist: Float32Array, *, queries: int, references: int, copies: float, rng: np.random.Generator
) -> Parts:
    """Assign the roles; the choice depends only on the photographs and the generator's seed.

    Args:
        gist: (p, 256) GIST vectors of the photographs, without near-duplicates.
        queries: number of queries.
        references: number of references.
        copies: share of the queries that are copies of a reference.
        rng: random generator.

    Raises:
        InputError: there are too few photographs.
    """
    made = round(queries * copies)
    strangers = queries - made
    if references + strangers > len(gist):
        raise InputError(
            f"{references:,} references and {strangers:,} queries without a copy need "
            f"{references + strangers:,} photographs without near-duplicates; there are {len(gist):,}. "
            f"Use more photographs. These are enough for {len(gist) // 2:,} references and "
            f"{max(1, int((len(gist) - len(gist) // 2) / max(1e-9, 1 - copies))):,} queries."
        )
    order = rng.permutation(len(gist))
    chosen, others = order[:references], order[references:]
    hard = round(HARD_SHARE * strangers)
    others = _most_alike_first(gist, others, chosen, hard)
    # Copies are spread over the references; a reference repeats only if there are more copies than references.
    originals = np.resize(rng.permutation(chosen), made)
    return Parts(chosen, originals, others[:strangers], hard, others[strangers:])


def _most_alike_first(
    gist: Float32Array, others: IndexArray, references: IndexArray, count: int
) -> IndexArray:
    """Put the `count` photographs that most resemble a reference first, and keep the rest in order."""
    if count == 0:
        return others
    distance = nearest(gist[others], gist[references], 1).distance[:, 0]
    front = np.sort(np.argsort(distance, kind="stable")[:count])
    return np.concatenate([others[front], np.delete(others, front)])
