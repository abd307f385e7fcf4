"""Orders judged pairs by the probability of a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from copytrace.matching import Judgement
from copytrace.pipelines.verified import Verified
from copytrace.records import PAIRS_PER_QUERY, ClosestPairs

if TYPE_CHECKING:
    from copytrace.pipelines.verify_pairs import Judged
    from copytrace.records import FloatArray, IndexArray


class Ranked(NamedTuple):
    """Verified pairs, the likeliest copies first.

    Attributes:
        pairs: rows of both sides.
        probabilities: that each is a copy.
        verified: the verdicts on them.
    """

    pairs: ClosestPairs
    probabilities: FloatArray
    verified: Verified


def rank(
    pairs: ClosestPairs, judged: Judged, prior: float, *, per_query: int | None, max_results: int | None
) -> Ranked:
    """Order pairs by falling probability, and keep the best; ties by rising (distance, query, reference).

    Args:
        pairs: the pairs that were judged.
        judged: what is known of them.
        prior: the probability of a copy before the evidence is seen.
        per_query: how many pairs of each query to keep; None: any number.
        max_results: how many pairs to keep; by default 10 x queries, or all with `per_query`.
    """
    # Nothing speaks for or against a copy in a pair that was not compared.
    sizes = _sizes(pairs.query).tolist()
    judgements = [
        one or Judgement("unclear", prior / size, 0.0)
        for one, size in zip(judged.judgements, sizes, strict=True)
    ]
    chances = np.array([one.probability for one in judgements], np.float64)
    log_ratios = np.array([one.log_ratio for one in judgements], np.float64)
    order = np.lexsort((pairs.reference, pairs.query, pairs.distance, -log_ratios, -chances))
    if per_query is not None:
        order = order[_rank_within(pairs.query[order]) < per_query]
    elif max_results is None:
        max_results = PAIRS_PER_QUERY * len(set(pairs.query.tolist()))
    order = order[:max_results]
    place = {position: rank for rank, position in enumerate(order.tolist())}
    return Ranked(
        ClosestPairs(pairs.query[order], pairs.reference[order], pairs.distance[order]),
        chances[order],
        Verified(
            verdicts=[judgements[position].verdict for position in place],
            log_ratios=log_ratios[order],
            prior=prior,
            details={place[at]: details for at, details in judged.details.items() if at in place},
            distances=pairs.distance[order],
            left_out=frozenset(place[at] for at in place if judged.judgements[at] is None),
        ),
    )


def _sizes(groups: IndexArray) -> IndexArray:
    """(k,) how many elements are equal to each."""
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return np.asarray(sizes[group], np.int64)


def _rank_within(groups: IndexArray) -> IndexArray:
    """(k,) how many earlier elements are equal to each."""
    order = np.argsort(groups, kind="stable")
    starts = np.r_[0, np.flatnonzero(np.diff(groups[order])) + 1]
    sizes = np.diff(np.r_[starts, len(groups)])
    ranks = np.empty(len(groups), np.int64)
    ranks[order] = np.arange(len(groups)) - np.repeat(starts, sizes)
    return ranks
