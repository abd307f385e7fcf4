"""Plans the photographs of each batch: all of them in turn, with groups of similar ones among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from copytrace.records import Float32Array, IndexArray

_GROUP = 4
_NEAREST = 12
# Pairs above this similarity are often the same picture, so there is nothing to distinguish.
_TOO_ALIKE = 0.9


def plan_batches(
    photos: IndexArray,
    steps: int,
    batch: int,
    rng: np.random.Generator,
    *,
    neighbours: dict[int, IndexArray],
    share: float,
) -> IndexArray:
    """Choose the photographs of `steps` batches.

    Args:
        photos: numbers of the photographs to learn from.
        steps: number of batches.
        batch: photographs per batch, all distinct.
        rng: random generator.
        neighbours: for some photographs, similar ones.
        share: share of a batch for groups of similar photographs, if neighbours are known.

    Returns:
        (steps, batch) numbers.
    """
    order = np.concatenate([rng.permutation(photos) for _ in range(1 + steps * batch // len(photos))])
    plan = np.empty((steps, min(batch, len(photos))), np.int64)
    taken = 0
    for row in plan:
        members: dict[int, None] = {}
        while len(members) < len(row):
            photo = int(order[taken % len(order)])
            taken += 1
            members[photo] = None
            if photo in neighbours and len(members) < share * len(row):
                for other in rng.permutation(neighbours[photo])[: _GROUP - 1]:
                    members[int(other)] = None
        row[:] = list(members)[: len(row)]
    return plan


def alike(vectors: Float32Array, photos: IndexArray) -> dict[int, IndexArray]:
    """The photographs most similar to each one, except those that may be the same picture.

    Args:
        vectors: (n, d) of length 1.
        photos: (n,) the photograph of each; the last vector of each counts.
    """
    latest = {int(photo): row for row, photo in enumerate(photos)}
    names, rows = np.array(list(latest), np.int64), np.array(list(latest.values()), np.int64)
    unit = vectors[rows]
    found = {}
    for start in range(0, len(unit), 512):
        similar = unit[start : start + 512] @ unit.T
        similar[similar > _TOO_ALIKE] = -1
        nearest = np.argpartition(-similar, min(_NEAREST, len(unit) - 1), axis=1)[:, :_NEAREST]
        for row, others in enumerate(nearest):
            found[int(names[start + row])] = names[others[similar[row, others] > 0]]
    return found
