"""Who plays which part in a benchmark: references, queries with and without a copy, training images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from copytrace.errors import InputError
from copytrace.search import nearest

if TYPE_CHECKING:
    from copytrace.records import Float32Array, IndexArray

HARD_SHARE = 0.3
"""Share of the queries without a copy that resemble a reference more than others do."""


@dataclass(frozen=True)
class Parts:
    """Rows of the photographs, by the part they play; no photograph plays two, but for a copy's original.

    Attributes:
        references: (m,) the references.
        originals: (c,) the reference that each copy is made from; an original may recur.
        strangers: (n - c,) the photographs that the queries without a copy are made from.
        hard: how many of the strangers, the first ones, were chosen since they resemble a reference.
        training: all that are left.
    """

    references: IndexArray
    originals: IndexArray
    strangers: IndexArray
    hard: int
    training: IndexArray


def choose_photos(
    gist: Float32Array, *, queries: int, references: int, copies: float, rng: np.random.Generator
) -> Parts:
    """Choose who plays which part; the choice depends on the photographs and the generator's seed alone.

    Args:
        gist: (p, 256) GIST vectors of the photographs, near-duplicates left out.
        queries: how many queries are wanted.
        references: how many references are wanted.
        copies: share of the queries that derive from a reference.
        rng: decides.

    Raises:
        InputError: there are too few photographs.
    """
    made = round(queries * copies)
    strangers = queries - made
    if references + strangers > len(gist):
        raise InputError(
            f"{references:,} references and {strangers:,} queries without a copy take "
            f"{references + strangers:,} photographs of which no two are near-duplicates; there are {len(gist):,}. "
            f"Give more photographs, or ask for fewer: --references {len(gist) // 2} "
            f"--queries {max(1, int((len(gist) - len(gist) // 2) / max(1e-9, 1 - copies)))}"
        )
    order = rng.permutation(len(gist))
    chosen, others = order[:references], order[references:]
    hard = round(HARD_SHARE * strangers)
    others = _most_alike_first(gist, others, chosen, hard)
    # Copies are spread over the references; only when there are more copies than references do any recur.
    originals = np.resize(rng.permutation(chosen), made)
    return Parts(chosen, originals, others[:strangers], hard, others[strangers:])


def _most_alike_first(
    gist: Float32Array, others: IndexArray, references: IndexArray, count: int
) -> IndexArray:
    """Put the `count` photographs that resemble some reference most in front, and keep the rest in order."""
    if count == 0:
        return others
    distance = nearest(gist[others], gist[references], 1).distance[:, 0]
    front = np.sort(np.argsort(distance, kind="stable")[:count])
    return np.concatenate([others[front], np.delete(others, front)])
