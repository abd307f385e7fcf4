"""The frozen records that the parts of copytrace hand to each other.

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
"""The challenge's limit on the dimensions of a descriptor."""

PAIRS_PER_QUERY = 10
"""The challenge judges this many pairs per query, on average over all queries."""


class Match(NamedTuple):
    """A claim that a query derives from a reference; a higher score is a stronger claim."""

    query_id: str
    reference_id: str
    score: float


@dataclass(frozen=True)
class Matches:
    """Scored pairs as columns, in any order.

    Attributes:
        query_ids: n IDs, with repeats.
        reference_ids: n IDs, with repeats.
        scores: (n,) float64; higher is more alike.
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
    """The true pairs, and all queries that are judged (those without a copy too).

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
        model: name of the descriptor that made them.
        model_sha256: digest of the model's file, or empty where code alone defines it.
        copytrace_version: the version that made them.
        bias: (n,) float32 >= 0, each image's score normalisation, where the model brings one.
        quality: the quality at which the descriptor was used; empty stands for `default`.
        background_sha256: digest of the background that the bias comes from, or empty.
        source: the folder, list or URL that the images come from, or empty.
        device: what the descriptor ran on, `cpu` or `cuda`, or empty.
        paths: where the n images lie: relative to the source, or URLs; None where that is not known.
        content_sha256: SHA-256 of the n files' bytes, in hexadecimal; None where that is not known.
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
    """Pairs of rows of two arrays of vectors, by rising (distance, query, reference).

    Attributes:
        query: (k,) int64, rows of the queries.
        reference: (k,) int64, rows of the references.
        distance: (k,) float64, squared Euclidean distances.
    """

    query: IndexArray
    reference: IndexArray
    distance: FloatArray

    def __len__(self) -> int:
        return len(self.distance)


@dataclass(frozen=True)
class Neighbours:
    """The nearest references of each query, by rising (distance, reference).

    Attributes:
        reference: (n, k) int64, rows of the references.
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
    """What a submission is worth; see docs/scoring.md for the definitions.

    Attributes:
        micro_ap: micro-average precision, the challenge's measure.
        recall_at_p90: the highest recall at a rank whose precision is at least 0.9.
        threshold_at_p90: the score at that rank, or None where there is none.
        recall_at_1: share of the true pairs that are their query's best prediction.
        recall_at_10: share of the true pairs among their query's ten best.
        interval: 95% bootstrap interval of micro_ap over queries, or None if it was not asked for.
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
    """What a check found in a file.

    Attributes:
        path: the file.
        track: `matching` or `descriptor`.
        faults: full sentences, at most 20 and then one that says that there are more; empty if it is valid.
        facts: what the file holds, for people to read: rows, queries, dimensions.
    """

    path: str
    track: str
    faults: tuple[str, ...] = ()
    facts: dict[str, int | float | str] = field(default_factory=dict)

    @property
    def valid(self) -> bool:
        """Whether the file has no fault."""
        return not self.faults
