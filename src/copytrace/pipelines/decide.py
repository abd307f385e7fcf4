"""From candidates to an answer: their scores, and the score from which a pair is called a likely copy."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from copytrace.errors import DescriptorError
from copytrace.pipelines.candidates import named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from copytrace.descriptors import Model
    from copytrace.images import ImageList
    from copytrace.pipelines.sides import Side, Sides
    from copytrace.pipelines.verified import Verified
    from copytrace.records import ClosestPairs, Failure, IndexArray, Matches

_FEW = 1024
"""Paths that are read one by one rather than all at once."""


class Threshold(NamedTuple):
    """The score from which a pair is called a likely copy, and where it comes from."""

    score: float
    source: str


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        matches: scored pairs, by falling score; a score is minus the squared distance.
        threshold: the score from which a pair is called a likely copy.
        threshold_source: where the threshold comes from.
        model: the descriptor that was used.
        queries: the number of queries searched for.
        references: the number of references searched in.
        failures: images that could not be used, and why.
        query_images: where the queries' pictures lie; None for a descriptor set.
        reference_images: where the references' pictures lie; None for a descriptor set.
        query_paths: the paths of the queries among the matches, by ID; empty where the set does not know them.
        reference_paths: the paths of the references among the matches.
        verified: the verdicts on the matches, whose scores are then probabilities; None without verification.
    """

    matches: Matches
    threshold: float
    threshold_source: str
    model: str
    queries: int
    references: int
    failures: tuple[Failure, ...]
    query_images: ImageList | None
    reference_images: ImageList | None
    query_paths: Mapping[str, str]
    reference_paths: Mapping[str, str]
    verified: Verified | None = None

    @property
    def copies(self) -> int:
        """The number of matches that are likely copies."""
        return int(np.count_nonzero(self.matches.scores >= self.threshold))

    @property
    def left_out(self) -> dict[str, int]:
        """Pictures of both sides that were left out, by kind; see `ImageList`."""
        lists = (self.query_images, self.reference_images)
        return dict(sum((Counter(images.left_out) for images in lists if images is not None), Counter()))


def threshold_of(model: Model) -> Threshold:
    """The threshold of a model.

    Raises:
        DescriptorError: it has none.
    """
    distance, source = model.threshold
    if distance is None:
        raise DescriptorError(
            f"No threshold is known for the model '{model.card.name}'. Give one: --threshold SCORE, or fit a "
            f"background, which brings one: copytrace fit-background PHOTOS --model {model.card.name} -o bank.npz"
        )
    return Threshold(-distance, source)


def decide(pairs: ClosestPairs, sides: Sides, threshold: Threshold) -> Found:
    """Give candidates their names, scores and paths."""
    query, reference = sides.query, sides.reference
    return Found(
        matches=named(pairs, query.descriptors.ids, reference.descriptors.ids),
        threshold=threshold.score,
        threshold_source=threshold.source,
        model=query.descriptors.model,
        queries=len(query.descriptors),
        references=len(reference.descriptors),
        failures=query.failures + reference.failures,
        query_images=query.images,
        reference_images=reference.images,
        query_paths=_paths(query, pairs.query),
        reference_paths=_paths(reference, pairs.reference),
    )


def _paths(side: Side, rows: IndexArray) -> dict[str, str]:
    """The paths of some rows, by ID."""
    ids, paths = side.descriptors.ids, side.descriptors.paths
    if paths is None:
        return {}
    wanted = sorted(set(rows.tolist()))
    known = paths if len(wanted) <= _FEW else list(paths)
    return {ids[row]: known[row] for row in wanted}
