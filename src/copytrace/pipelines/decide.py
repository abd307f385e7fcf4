"""Turns pairs into an answer: with names, scores and paths."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from copytrace.images import is_shard
from copytrace.pipelines.candidates import named
from copytrace.stores import is_remote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from copytrace.images import ImageList
    from copytrace.pipelines.rank_judged import Ranked
    from copytrace.pipelines.sides import Side, Sides
    from copytrace.pipelines.thresholds import Threshold
    from copytrace.pipelines.verified import Verified
    from copytrace.records import ClosestPairs, Failure, IndexArray, Matches

_FEW = 1024
"""Up to this many paths are read one by one rather than all at once."""


@dataclass(frozen=True)
class Found:
    """The result of a search.

    Attributes:
        matches: scored pairs by descending score: the probability of a copy, 1 only for identical files; without
            verification, minus the squared distance.
        threshold: the score from which a pair is called a likely copy.
        threshold_source: origin of the threshold.
        model: the descriptor used.
        model_sha256: digest of its file, or empty.
        queries: number of queries.
        references: number of references.
        failures: images that could not be used, and why.
        query_images: the queries' images; None for a descriptor set.
        reference_images: the references' images; None for a descriptor set.
        query_paths: the paths of the queries among the matches, by ID; empty if unknown.
        reference_paths: the paths of the references among the matches.
        query_source: the folder or URL that the queries' paths are relative to; empty if unknown.
        reference_source: likewise for the references.
        verified: the verdicts on the matches; None without verification.
    """

    matches: Matches
    threshold: float
    threshold_source: str
    model: str
    model_sha256: str
    queries: int
    references: int
    failures: tuple[Failure, ...]
    query_images: ImageList | None
    reference_images: ImageList | None
    query_paths: Mapping[str, str]
    reference_paths: Mapping[str, str]
    query_source: str = ""
    reference_source: str = ""
    verified: Verified | None = None

    @property
    def copies(self) -> int:
        """The number of likely copies among the matches."""
        return int(np.count_nonzero(self.matches.scores >= self.threshold))

    def query_place(self, image_id: str) -> str:
        """The file or URL of a query, or `shard.tar:member`; empty if it is not known."""
        return _place(self.query_source, self.query_paths.get(image_id))

    def reference_place(self, image_id: str) -> str:
        """The file or URL of a reference, or `shard.tar:member`; empty if it is not known."""
        return _place(self.reference_source, self.reference_paths.get(image_id))

    @property
    def left_out(self) -> dict[str, int]:
        """Skipped pictures of both sides, by kind; see `ImageList`."""
        lists = (self.query_images, self.reference_images)
        return dict(sum((Counter(images.left_out) for images in lists if images is not None), Counter()))


def _place(source: str, path: str | None) -> str:
    if not source or not path:
        return ""
    if is_shard(source):
        return f"{source}:{path}"
    if is_remote(source):
        return source if source.endswith(f"/{path}") else f"{source}/{path}"
    folder = Path(source)
    return str((folder if folder.is_dir() else folder.parent) / path)


def decide(pairs: ClosestPairs, sides: Sides, threshold: Threshold) -> Found:
    """Add names, scores and paths to candidates."""
    query, reference = sides.query, sides.reference
    return Found(
        matches=named(pairs, query.descriptors.ids, reference.descriptors.ids),
        threshold=threshold.score,
        threshold_source=threshold.source,
        model=query.descriptors.model,
        model_sha256=query.descriptors.model_sha256,
        queries=len(query.descriptors),
        references=len(reference.descriptors),
        failures=query.failures + reference.failures,
        query_images=query.images,
        reference_images=reference.images,
        query_paths=_paths(query, pairs.query),
        reference_paths=_paths(reference, pairs.reference),
        query_source=query.descriptors.source,
        reference_source=reference.descriptors.source,
    )


def decide_verified(ranked: Ranked, sides: Sides, threshold: Threshold, failures: Sequence[Failure]) -> Found:
    """Add names, probabilities and paths to verified pairs.

    Args:
        ranked: the pairs.
        sides: queries and references.
        threshold: the probability from which a pair is called a likely copy.
        failures: pictures that could not be used for verification.
    """
    found = decide(ranked.pairs, sides, threshold)
    known = {failure.name for failure in found.failures}
    return replace(
        found,
        matches=replace(found.matches, scores=ranked.probabilities),
        failures=found.failures + tuple(failure for failure in failures if failure.name not in known),
        verified=ranked.verified,
    )


def _paths(side: Side, rows: IndexArray) -> dict[str, str]:
    """The paths of some rows, by ID."""
    ids, paths = side.descriptors.ids, side.descriptors.paths
    if paths is None:
        return {}
    wanted = sorted(set(rows.tolist()))
    known = paths if len(wanted) <= _FEW else list(paths)
    return {ids[row]: known[row] for row in wanted}
