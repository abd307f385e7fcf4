"""Fits the likelihood ratios to labelled pairs, and measures how reliable the probabilities are."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from copytrace.matching.card import Card, Fitted
from copytrace.matching.probability import LikelihoodRatio, fit_ratio, probability
from copytrace.matching.signals import RETRIEVAL_SIGNALS, SIGNALS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copytrace.records import BoolArray, FloatArray, IndexArray

FOLDS = 5
BINS = (0.0, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 1.0)


@dataclass(frozen=True, eq=False)
class Known:
    """Labelled pairs that a search proposed.

    Attributes:
        groups: (k,) int64, the query of each pair; pairs of one query are held out together.
        signals: (k, s) values of `SIGNALS`; NaN if there is no mapping.
        retrieval: (k, r) values of `RETRIEVAL_SIGNALS`.
        copies: (k,) bool.
    """

    groups: IndexArray
    signals: FloatArray
    retrieval: FloatArray
    copies: BoolArray

    def __len__(self) -> int:
        return len(self.copies)

    def __getitem__(self, rows: BoolArray) -> Known:
        return Known(*(column[rows] for column in vars(self).values()))

    @property
    def mapped(self) -> BoolArray:
        """(k,) whether there is a mapping."""
        return ~np.isnan(self.signals[:, 0])


class Bin(NamedTuple):
    """Pairs whose probability is in a range.

    Attributes:
        low: lower end of the range.
        high: upper end of the range, excluded.
        pairs: number of pairs.
        mean: mean of their probabilities.
        copies: share of copies among them.
    """

    low: float
    high: float
    pairs: int
    mean: float
    copies: float


def fit_card(pairs: Known, model: str, told: str) -> Card:
    """Fit the likelihood ratios.

    Args:
        pairs: some copies and some others, with and without a mapping.
        model: digest of the descriptor that proposed them, or its name if it is code only.
        told: description of the pairs.
    """
    nothing = np.empty((len(pairs), 0))
    return Card(
        compared=_fitted(pairs, nothing, ()),
        found=_fitted(pairs, pairs.retrieval, RETRIEVAL_SIGNALS),
        model=model,
        fitted_to=told,
    )


def _fitted(pairs: Known, further: FloatArray, names: Sequence[str]) -> Fitted:
    mapped, copies = pairs.mapped, pairs.copies
    signals = np.hstack([pairs.signals, further])
    # One fit is for pairs with a mapping, one for pairs without; having a mapping is evidence in itself.
    ours, others = (_share(mapped[some]) for some in (copies, ~copies))
    return Fitted(
        _shifted(_ratio((*SIGNALS, *names), signals[mapped], copies[mapped]), np.log(ours / others)),
        _shifted(_ratio(names, further[~mapped], copies[~mapped]), np.log((1 - ours) / (1 - others))),
    )


def _share(mapped: BoolArray) -> float:
    """The share of pairs with a mapping; never 0 or 1, by Laplace's rule."""
    return float((mapped.sum() + 1) / (len(mapped) + 2))


def _ratio(names: Sequence[str], signals: FloatArray, copies: BoolArray) -> LikelihoodRatio:
    """A fitted ratio; 1 for all pairs if nothing distinguishes them."""
    known = bool(names) and copies.any() and not copies.all()
    return fit_ratio(names, signals, copies) if known else LikelihoodRatio(0.0, ())


def _shifted(ratio: LikelihoodRatio, by: float) -> LikelihoodRatio:
    return LikelihoodRatio(round(float(ratio.start + by), 6), ratio.curves)


def held_out_log_ratios(pairs: Known) -> FloatArray:
    """(k,) the log likelihood ratio of each pair, fitted on pairs of other queries."""
    _, number = np.unique(pairs.groups, return_inverse=True)
    fold = np.random.default_rng(0).permutation(number.max() + 1)[number] % FOLDS
    found = np.empty(len(pairs))
    for each in range(FOLDS):
        card, others = fit_card(pairs[fold != each], "", ""), pairs[fold == each]
        found[fold == each] = card.found.log(others.signals, others.retrieval)
    return found


def reliability(log_ratios: FloatArray, copies: BoolArray) -> Iterator[Bin]:
    """The share of copies among pairs of similar probability; the prior is the share of copies among all pairs."""
    chances = probability(log_ratios, float(copies.mean()))
    for low, high in itertools.pairwise(BINS):
        some = (chances >= low) & ((chances < high) | (high == BINS[-1]))
        if some.any():
            yield Bin(low, high, int(some.sum()), float(chances[some].mean()), float(copies[some].mean()))


def brier_score(log_ratios: FloatArray, copies: BoolArray) -> float:
    """Mean squared error of the probabilities at the same prior, 0 to 1."""
    return float(((probability(log_ratios, float(copies.mean())) - copies) ** 2).mean())
