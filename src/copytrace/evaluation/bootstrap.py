"""How much micro-AP would vary with other queries of the same kind: a bootstrap over queries."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from copytrace.errors import EvaluationError

if TYPE_CHECKING:
    from copytrace.evaluation.judged import Judged
    from copytrace.records import FloatArray, IndexArray

PERCENTILES = (2.5, 97.5)
"""The ends of the interval: 95% of the replicates lie between them."""

BLOCK = 20
"""Replicates that a thread computes in one batch, in the same memory."""


def bootstrap_interval(
    judged: Judged, replicates: int = 1000, seed: int = 0, threads: int | None = None
) -> tuple[float, float]:
    """The 95% percentile interval of micro-AP over resampled queries.

    Args:
        judged: n predictions of q queries.
        replicates: how often to draw q queries, at least 1.
        seed: at least 0; equal seeds give equal intervals, whatever the number of threads.
        threads: at least 1; None for one per core.

    Raises:
        EvaluationError: replicates, seed or threads out of range.

    >>> from copytrace.evaluation.judged import Judged
    >>> correct, scores = np.array([True, False, True]), np.array([0.9, 0.8, 0.7])
    >>> low, high = bootstrap_interval(Judged(correct, scores, np.array([0, 1, 2]), np.array([1, 0, 1])))
    >>> round(low, 2), high
    (0.33, 1.0)
    """
    return percentile_interval(bootstrap_micro_ap(judged, replicates, seed, threads))


def percentile_interval(replicates: FloatArray) -> tuple[float, float]:
    """The 95% percentile interval of replicates: (n,) float, n at least 1."""
    low, high = np.percentile(replicates, PERCENTILES)
    return float(low), float(high)


def differ(first: FloatArray, second: FloatArray) -> bool:
    """Whether two submissions differ significantly: the 95% interval of their paired differences excludes 0.

    Args:
        first: (n,) replicates of `bootstrap_micro_ap`.
        second: (n,) replicates with the same seed and queries, so that replicate i draws the same queries.

    >>> differ(np.array([0.5, 0.7]), np.array([0.4, 0.6])), differ(np.array([0.5, 0.7]), np.array([0.6, 0.6]))
    (True, False)
    """
    low, high = percentile_interval(first - second)
    return low > 0 or high < 0


def bootstrap_micro_ap(
    judged: Judged, replicates: int = 1000, seed: int = 0, threads: int | None = None
) -> FloatArray:
    """Micro-AP of each replicate: q queries drawn with replacement, each with all its rows and true pairs.

    A query drawn w times counts w times, with w copies of each of its rows; among equal scores, wrong pairs rank
    before right ones, copies included. A draw without any true pair has no micro-AP and is repeated.

    Args and errors are those of `bootstrap_interval`.

    Returns:
        (replicates,) float64.
    """
    from concurrent.futures import ThreadPoolExecutor

    threads = os.cpu_count() or 1 if threads is None else threads
    if replicates < 1 or seed < 0 or threads < 1:
        raise EvaluationError(
            f"The bootstrap has {replicates} replicates, seed {seed} and {threads} threads; "
            "expected at least 1 replicate, a seed of at least 0 and at least 1 thread."
        )
    resampled = Resampled(judged)

    def compute(block: range) -> list[float]:
        room = resampled.room()
        # Each replicate has its own generator, so it is the same whichever thread computes it.
        generators = (np.random.default_rng([seed, replicate]) for replicate in block)
        return [resampled.micro_ap(resampled.draw(generator), room) for generator in generators]

    blocks = (range(first, min(first + BLOCK, replicates)) for first in range(0, replicates, BLOCK))
    # NumPy gathers and adds outside the interpreter's lock, so threads do run in parallel.
    with ThreadPoolExecutor(threads) as pool:
        return np.array([value for values in pool.map(compute, blocks) for value in values])


class Resampled:
    """The pooled list with each query repeated any number of times.

    It is sorted once: a resampled list keeps its order. Only wrong predictions that rank before some right one matter,
    and of these only their number before each right one.
    """

    def __init__(self, judged: Judged) -> None:
        query = judged.query[judged.ranking]
        correct = judged.correct[judged.ranking]
        self._positives = judged.positives
        self._right: IndexArray = query[correct]
        self._wrong_before: IndexArray = judged.right_ranks - np.arange(1, len(self._right) + 1)
        self._wrong: IndexArray = query[~correct][: self._wrong_before.max(initial=0)]

    def draw(self, generator: np.random.Generator) -> IndexArray:
        """(q,) int64, how often each query is drawn; the draw contains at least one true pair."""
        queries = len(self._positives)
        while True:
            times = np.bincount(generator.integers(0, queries, queries), minlength=queries)
            if times @ self._positives > 0:
                return times

    def room(self) -> IndexArray:
        """A reusable array to count in; allocating fresh memory for every replicate would triple its time."""
        return np.zeros(len(self._wrong) + 1, dtype=np.int64)

    def micro_ap(self, times: IndexArray, room: IndexArray) -> float:
        """Micro-AP of the list that contains query i, with its rows and true pairs, `times[i]` times.

        No wrong row comes between the copies of a right row, so each has the same number of wrong rows before it, and
        the t-th right row of the list has precision t / (t + wrong rows before it).
        """
        # Every index is in range; "clip" only avoids the copy that "raise" would make of `room`.
        np.take(times, self._wrong, out=room[1:], mode="clip")
        wrong = np.cumsum(room, out=room)
        before = np.repeat(wrong[self._wrong_before], times[self._right])
        found = np.arange(1, len(before) + 1)
        return float(np.sum(found / (found + before)) / (times @ self._positives))
