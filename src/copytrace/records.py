"""The frozen records that the parts of copytrace exchange.

Axes in all docstrings: n queries (or images), m references, d dimensions, k results.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BoolArray = npt.NDArray[np.bool_]
ByteArray = npt.NDArray[np.uint8]
Float32Array = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int64]

MAX_DIMS = 256
"""The challenge's limit on descriptor dimensions."""

PAIRS_PER_QUERY = 10
"""The challenge judges at most this many pairs per query, averaged over all queries."""


class Match(NamedTuple):
    """A claim that a query is a copy of a reference; a higher score is a stronger claim."""

    query_id: str
    reference_id: str
    score: float


@dataclass(frozen=True)
class Matches:
    """Scored pairs as columns, in any order.

    Attributes:
        query_ids: n IDs, possibly repeated.
        reference_ids: n IDs, possibly repeated.
        scores: (n,) float64; higher is more similar.
    """

    query_ids: Sequence[str]
    reference_ids: Sequence[str]
    scores: FloatArray

    def __len__(self) -> int:
        return len(self.scores)

    def taken(self, positions: Sequence[int]) -> Matches:
        """Some of the pairs."""
        return Matches(
            [self.query_ids[position] for position in positions],
            [self.reference_ids[position] for position in positions],
            self.scores[list(positions)],
        )

    def __iter__(self) -> Iterator[Match]:
        for query_id, reference_id, score in zip(
            self.query_ids, self.reference_ids, self.scores, strict=True
        ):
            yield Match(query_id, reference_id, float(score))


@dataclass(frozen=True)
class Truth:
    """The true pairs, and all queries that are judged, including those without a copy.

    Attributes:
        query_ids: n distinct IDs.
        pair_query_ids: the query of each true pair.
        pair_reference_ids: the reference of each true pair.
    """

    query_ids: Sequence[str]
    pair_query_ids: Sequence[str]
    pair_reference_ids: Sequence[str]


@dataclass(frozen=True)
class Descriptors:
    """A descriptor set: one vector per image, compared by Euclidean distance.

    Attributes:
        ids: n distinct IDs.
        vectors: (n, d) float32.
        model: name of the descriptor.
        model_sha256: digest of the model's file, or empty if the descriptor is code only.
        copytrace_version: version of copytrace that described the images.
        bias: (n,) float32 >= 0, each image's score normalisation, if the model has one.
        quality: quality setting of the descriptor; empty means `default`.
        background_sha256: digest of the background that produced the bias, or empty.
        source: folder, list or URL of the images, or empty.
        device: device the descriptor ran on, `cpu` or `cuda`, or empty.
        paths: paths of the n images, relative to the source, or URLs; None if unknown.
        content_sha256: SHA-256 of the n files' bytes, in hexadecimal; None if unknown.
    """

    ids: Sequence[str]
    vectors: Float32Array
    model: str
    model_sha256: str = ""
    copytrace_version: str = ""
    bias: Float32Array | None = None
    quality: str = ""
    background_sha256: str = ""
    source: str = ""
    device: str = ""
    paths: Sequence[str] | None = None
    content_sha256: Sequence[str] | None = None

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class ClosestPairs:
    """Pairs of rows of two arrays of vectors, in order of (distance, query, reference).

    Attributes:
        query: (k,) int64, row numbers of the queries.
        reference: (k,) int64, row numbers of the references.
        distance: (k,) float64, squared Euclidean distances.
    """

    query: IndexArray
    reference: IndexArray
    distance: FloatArray

    def __len__(self) -> int:
        return len(self.distance)


@dataclass(frozen=True)
class Neighbours:
    """The nearest references of each query, in order of (distance, reference).

    Attributes:
        reference: (n, k) int64, row numbers of the references.
        distance: (n, k) float64, squared Euclidean distances.
    """

    reference: IndexArray
    distance: FloatArray


@dataclass(frozen=True)
class Failure:
    """An image that could not be used, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Score:
    """The scores of a submission; docs/scoring.md defines them.

    Attributes:
        micro_ap: micro-average precision, the challenge's measure.
        recall_at_p90: the highest recall at any rank with a precision of at least 0.9.
        threshold_at_p90: the score at that rank, or None if there is none.
        recall_at_1: share of the true pairs that are their query's best prediction.
        recall_at_10: share of the true pairs among their query's ten best predictions.
        interval: 95% bootstrap interval of micro_ap over queries, or None if not requested.
        queries: number of distinct queries in the truth.
        true_pairs: number of true pairs in the truth.
        predictions: number of predictions that were judged.
    """

    micro_ap: float
    recall_at_p90: float
    threshold_at_p90: float | None
    recall_at_1: float
    recall_at_10: float
    interval: tuple[float, float] | None
    queries: int
    true_pairs: int
    predictions: int


@dataclass(frozen=True)
class Report:
    """The result of checking a file.

    Attributes:
        path: the file.
        track: `matching` or `descriptor`.
        faults: full sentences: at most 20, then one with the number of further faults; empty if the file is valid.
        facts: the file's content for people to read: rows, queries, dimensions.
    """

    path: str
    track: str
    faults: tuple[str, ...] = ()
    facts: dict[str, int | float | str] = field(default_factory=dict)

    @property
    def valid(self) -> bool:
        """Whether the file is free of faults."""
        return not self.faults
