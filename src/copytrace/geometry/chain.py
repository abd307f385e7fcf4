"""A chain of mappings, in the order of a query's edits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from copytrace.geometry.mapping import Mapping
from copytrace.geometry.projective import unmoved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.geometry.mapping import Size
    from copytrace.records import FloatArray


@dataclass(frozen=True, eq=False)
class Chain(Mapping):
    """Mappings in the order in which the edits were applied."""

    size: Size
    source_size: Size
    links: Sequence[Mapping]

    @property
    def matrix(self) -> FloatArray | None:
        """The product of the matrices, if every link is projective."""
        product = np.eye(3)
        for link in self.links:
            if link.matrix is None:
                return None
            product = product @ link.matrix
        return product / product[2, 2] if product[2, 2] else product

    def to_reference(self, points: FloatArray) -> FloatArray:
        """Follow the links back from the last edit to the first."""
        for link in reversed(self.links):
            points = link.to_reference(points)
        return points


def chained(mappings: Sequence[Mapping | None], size: Size) -> Mapping:
    """Compose the mappings of successive edits; `size` is that of the first image.

    >>> from copytrace.geometry.projective import placed
    >>> chained([None, placed((0, 0, 5, 5), (10, 10), (5, 5)), None], (10, 10)).matrix.tolist()
    [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 1.0]]
    """
    links = [mapping for mapping in mappings if mapping is not None]
    if not links:
        return unmoved(size)
    return links[0] if len(links) == 1 else Chain(links[-1].size, size, tuple(links))
