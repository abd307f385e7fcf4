"""A small benchmark from photographs that are not trained on, drawn once, for monitoring a run and choosing parameters.

It includes all edits, even those held out from training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from copytrace.edits import draw_query
from copytrace.evaluation import Judged, micro_ap, recall_at_1, recall_at_p90
from copytrace.records import PAIRS_PER_QUERY
from copytrace.training.views import as_input, donated, squashed

if TYPE_CHECKING:
    from copytrace.progress import Bar
    from copytrace.records import ByteArray, Float32Array, IndexArray
    from copytrace.training.network import DescriptorNetwork
    from copytrace.training.photos import Photos

_COPIES = 0.4
_QUERIES_PER_REFERENCE = 0.5
_BATCH = 32


class Figures(NamedTuple):
    """Results on the validation benchmark."""

    micro_ap: float
    recall_at_p90: float
    recall_at_1: float


@dataclass(frozen=True)
class Benchmark:
    """Pictures with the ground truth.

    Attributes:
        references: (m,) numbers of photographs.
        queries: n edited pictures of any size.
        truth: (n,) row of the reference that each is a copy of, or -1.
    """

    photos: Photos
    references: IndexArray
    queries: list[ByteArray]
    truth: IndexArray


def draw_benchmark(
    photos: Photos, numbers: IndexArray, seed: int, queries_per_reference: float = _QUERIES_PER_REFERENCE
) -> Benchmark:
    """Make a benchmark from photographs: half are references, the rest queries without a copy, and donors."""
    rng = np.random.default_rng(seed)
    half = len(numbers) // 2
    references, strangers, donors = (
        numbers[:half],
        numbers[half : half + half // 2],
        numbers[half + half // 2 :],
    )
    supplies = donated(photos, donors)
    count = max(2, int(queries_per_reference * half))
    truth = np.full(count, -1, np.int64)
    truth[: max(1, int(_COPIES * count))] = rng.permutation(half)[: max(1, int(_COPIES * count))]
    queries = []
    for row in range(count):
        source = references[truth[row]] if truth[row] >= 0 else strangers[row % len(strangers)]
        queries.append(
            draw_query(photos[source], rng, held_out=(), supplies=supplies, longest_side=320).image
        )
    return Benchmark(photos, references, queries, truth)


@torch.no_grad()
def describe(
    network: DescriptorNetwork,
    pictures: list[ByteArray],
    side: int,
    *,
    unit: bool = True,
    bar: Bar | None = None,
) -> Float32Array:
    """(n, d) vectors of pictures of any size, scaled to length 1 unless `unit` is false."""
    network.eval()
    run = network if unit else network.projected
    device = next(network.parameters()).device
    parts = []
    for start in range(0, len(pictures), _BATCH):
        batch = np.stack([squashed(picture, side) for picture in pictures[start : start + _BATCH]])
        parts.append(run(as_input(torch.from_numpy(batch)).to(device)).cpu().numpy())
        if bar is not None:
            bar.advance(len(batch))
    return np.concatenate(parts).astype(np.float32)


def scored(
    queries: Float32Array, references: Float32Array, truth: IndexArray, bias: Float32Array | float
) -> Judged:
    """Judge the closest pairs, as in the descriptor track; `bias` (n,) is added to a query's squared distances."""
    squared = _squared(queries, references, bias)
    count = min(squared.size, PAIRS_PER_QUERY * len(queries))
    best = np.argpartition(squared, count - 1, axis=None)[:count]
    query, reference = np.unravel_index(best, squared.shape)
    return Judged(
        correct=truth[query] == reference,
        scores=-squared.ravel()[best].astype(np.float64),
        query=query.astype(np.int64),
        positives=(truth >= 0).astype(np.int64),
    )


def judge_vectors(
    queries: Float32Array, references: Float32Array, truth: IndexArray, bias: Float32Array | float
) -> Figures:
    """The results of `scored`."""
    judged = scored(queries, references, truth, bias)
    return Figures(micro_ap(judged), recall_at_p90(judged), recall_at_1(judged))


def nearest_false(queries: Float32Array, references: Float32Array, truth: IndexArray) -> Float32Array:
    """(n,) each query's squared distance, without bias, to the nearest reference that it is not a copy of."""
    squared = _squared(queries, references, 0.0)
    copies = np.flatnonzero(truth >= 0)
    squared[copies, truth[copies]] = np.inf
    return np.asarray(squared.min(axis=1), np.float32)


def _squared(queries: Float32Array, references: Float32Array, bias: Float32Array | float) -> Float32Array:
    """(n, m) squared distances of vectors of length 1, with the bias (n,) of the queries."""
    return np.asarray(2 - 2 * queries @ references.T + np.reshape(bias, (-1, 1)), np.float32)
