"""From the signals of a pair to the probability that it is a copy.

A generalised additive model: the log of the likelihood ratio is a sum of one curve per signal. Each curve is piecewise
linear and never falls, so more of a signal never speaks against a copy, and every curve can be read in the card.
Probabilities follow from the likelihood ratio and a prior by Bayes' rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.records import BoolArray, FloatArray

DEFAULT_PRIOR = 0.01
"""Share of queries that are copies, unless the user knows better."""
KNOTS = 8
"""The most pieces of a curve, half of them placed by the copies and half by the others."""
STEPS = 200
"""The most steps of a fit, which is convex and usually needs a few dozen."""
SMALLEST_STEP = 1e-6
"""A fit ends when no weight changes by more than this."""
TINY = 1e-9
"""Added to the curvature, which is 0 along a piece without any pair."""


@dataclass(frozen=True)
class Curve:
    """A function of one signal, linear between its knots and constant outside.

    Attributes:
        signal: its name.
        at: (k,) values of the signal, ascending.
        adds: (k,) what is added to the log likelihood ratio there, never falling.
    """

    signal: str
    at: tuple[float, ...]
    adds: tuple[float, ...]

    def __call__(self, values: FloatArray) -> FloatArray:
        """What each value adds."""
        return np.interp(values, self.at, self.adds)


@dataclass(frozen=True)
class LikelihoodRatio:
    """The log of how much more likely the signals are for a copy than for another picture.

    Attributes:
        start: the log likelihood ratio before any curve adds to it.
        curves: one per signal.
    """

    start: float
    curves: tuple[Curve, ...]

    def log(self, signals: FloatArray) -> FloatArray:
        """(k,) natural logarithms for (k, s) signals."""
        return self.start + sum(
            (curve(signals[:, i]) for i, curve in enumerate(self.curves)), np.zeros(len(signals))
        )


def probability(log_ratio: FloatArray, prior: float = DEFAULT_PRIOR) -> FloatArray:
    """The probability of a copy: odds are the prior odds times the likelihood ratio.

    >>> probability(np.log(np.array([1.0, 99.0])), prior=0.01).round(3).tolist()
    [0.01, 0.5]
    """
    return np.asarray(1 / (1 + np.exp(-(log_ratio + np.log(prior / (1 - prior))))))


def fit_ratio(
    names: Sequence[str], signals: FloatArray, copies: BoolArray, *, penalty: float = 1e-5
) -> LikelihoodRatio:
    """Fit the curves to labelled pairs.

    Args:
        names: s names of the signals.
        signals: (k, s).
        copies: (k,) which pairs are copies; both kinds must occur.
        penalty: on the squares of the slopes; a larger one gives flatter curves.
    """
    knots = [_knots(column, copies) for column in signals.T]
    pieces = [_pieces(column, at) for column, at in zip(signals.T, knots, strict=True)]
    weights, start = _descend(np.hstack(pieces), copies, penalty)
    # The prior odds that the model learned are the share of copies among the pairs.
    start -= float(np.log(copies.mean() / (1 - copies.mean())))
    curves = []
    for name, at in zip(names, knots, strict=True):
        rises, weights = np.split(weights, [len(at) - 1])
        adds = np.concatenate([[0.0], np.cumsum(rises)])
        curves.append(Curve(name, tuple(at.round(6).tolist()), tuple(adds.round(6).tolist())))
    return LikelihoodRatio(round(start, 6), tuple(curves))


def _knots(values: FloatArray, copies: BoolArray) -> FloatArray:
    """Where the pieces of a curve meet: quantiles of the copies and of the others, which can be far apart."""
    at = np.linspace(0.005, 0.995, KNOTS // 2 + 1)
    return np.unique(np.concatenate([np.quantile(values[some], at) for some in (copies, ~copies)]))


def _pieces(values: FloatArray, at: FloatArray) -> FloatArray:
    """(k, pieces) how far along each piece a value is, 0 to 1."""
    return np.clip((values[:, None] - at[:-1]) / np.diff(at), 0, 1)


def _descend(pieces: FloatArray, copies: BoolArray, penalty: float) -> tuple[FloatArray, float]:
    """Logistic regression with weights of at least 0, by a projected Newton method (Bertsekas, 1982)."""
    count, width = pieces.shape
    design = np.hstack([pieces, np.ones((count, 1))])
    ridge = np.append(np.full(width, penalty), 0.0)
    lowest = np.append(np.zeros(width), -np.inf)

    def loss(weights: FloatArray) -> float:
        scores = design @ weights
        return float((np.logaddexp(0, scores) - copies * scores).mean() + ridge @ weights**2 / 2)

    weights = np.zeros(width + 1)
    for _ in range(STEPS):
        chances = 1 / (1 + np.exp(-design @ weights))
        gradient = design.T @ (chances - copies) / count + ridge * weights
        # A weight of 0 that would fall stays; the others move together.
        free = (weights > lowest) | (gradient < 0)
        some = design[:, free]
        curvature = some.T * (chances * (1 - chances) / count) @ some + np.diag(ridge[free] + TINY)
        step = np.zeros(width + 1)
        step[free] = -np.linalg.solve(curvature, gradient[free])
        before, length, moved = loss(weights), 1.0, weights
        while length > SMALLEST_STEP:
            moved = np.maximum(weights + length * step, lowest)
            if loss(moved) <= before:
                break
            length /= 2
        change = np.abs(moved - weights).max()
        weights = moved
        if change < SMALLEST_STEP:
            break
    return weights[:-1], float(weights[-1])
