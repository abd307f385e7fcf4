"""Which photographs are in which batch: all of them in turn, and among them groups that look alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from copytrace.records import Float32Array, IndexArray

_GROUP = 4
_NEAREST = 12
# More alike than this are often the same picture twice, and nothing to be told apart.
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
    """Draw the photographs of `steps` batches.

    Args:
        photos: numbers of the photographs to learn from.
        steps: batches to plan.
        batch: photographs in each, all distinct.
        rng: what is drawn from.
        neighbours: for some photographs, those that look alike.
        share: of a batch that consists of groups alike, where neighbours are known.

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
    """The photographs that look most like each one, without those that may be the same picture.

    Args:
        vectors: (n, d) of length 1.
        photos: (n,) whose they are; the last vector of each counts.
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
