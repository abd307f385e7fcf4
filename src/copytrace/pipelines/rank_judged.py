"""Sorts judged pairs by the probability of a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from copytrace.matching import Judgement
from copytrace.pipelines.candidates import rank_within
from copytrace.pipelines.verified import Verified
from copytrace.records import PAIRS_PER_QUERY, ClosestPairs

if TYPE_CHECKING:
    from copytrace.pipelines.verify_pairs import Judged
    from copytrace.records import FloatArray


class Ranked(NamedTuple):
    """Verified pairs, most likely copies first.

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
    """Sort pairs by descending probability, and keep the best; ties in order of (distance, query, reference).

    Args:
        pairs: the judged pairs.
        judged: the judgements.
        prior: probability of a copy before the evidence is seen.
        per_query: number of pairs to keep per query; None: no limit.
        max_results: number of pairs to keep; by default 10 x queries, or all with `per_query`.
    """
    # A pair that was not compared has no evidence for or against a copy.
    sizes = np.bincount(pairs.query)[pairs.query].tolist()
    judgements = [
        one or Judgement("unclear", prior / size, 0.0)
        for one, size in zip(judged.judgements, sizes, strict=True)
    ]
    chances = np.array([one.probability for one in judgements], np.float64)
    log_ratios = np.array([one.log_ratio for one in judgements], np.float64)
    order = np.lexsort((pairs.reference, pairs.query, pairs.distance, -log_ratios, -chances))
    if per_query is not None:
        order = order[rank_within(pairs.query[order]) < per_query]
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
