"""The score from which a pair is called a likely copy: requested, the model's own, or derived from a precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from copytrace.errors import DescriptorError, InputError

if TYPE_CHECKING:
    from copytrace.descriptors import Model
    from copytrace.records import FloatArray

LIKELY = 0.5
"""The default probability from which a pair is called a likely copy."""


class Threshold(NamedTuple):
    """The score from which a pair is called a likely copy, and its origin."""

    score: float
    source: str


def check_prior(prior: float) -> None:
    """Refuse a prior that no evidence could change.

    Raises:
        InputError: it is not between 0 and 1.
    """
    if not 0 < prior < 1:
        raise InputError(f"The prior is {prior}; it must be above 0 and below 1, such as 0.01.")


def asked_threshold(threshold: float | None, precision: float | None, *, verified: bool) -> Threshold | None:
    """The requested threshold, or the default; None without verification, as the model then has its own.

    Args:
        threshold: a probability; without verification a score.
        precision: determines the threshold once the probabilities are known.
        verified: whether the pairs are verified.

    Raises:
        InputError: it is neither a probability nor a score, or both were given.
    """
    if threshold is not None and precision is not None:
        raise InputError(
            "--threshold and --precision both set what is called a likely copy. Use only one of them."
        )
    if not verified and precision is not None:
        raise InputError("--precision needs probabilities, so it cannot be combined with --no-verify.")
    if not verified and threshold is not None and not threshold <= 0:
        raise InputError(
            f"The threshold is {threshold:g}. With --no-verify it must be at most 0, since scores are minus squared "
            "distances; without --no-verify it is a probability."
        )
    for name, value in (("threshold", threshold), ("precision", precision)):
        if verified and value is not None and not 0 <= value <= 1:
            raise InputError(
                f"The {name} is {value:g}. It must be a probability from 0 to 1, such as 0.9. With --no-verify, "
                "a threshold is a score."
            )
    if threshold is not None:
        return Threshold(threshold, "given by --threshold")
    return Threshold(LIKELY, "more likely than not") if verified else None


def threshold_of(model: Model) -> Threshold:
    """The threshold of a model.

    Raises:
        DescriptorError: it has none.
    """
    distance, source = model.threshold
    if distance is None:
        raise DescriptorError(
            f"No threshold is known for the model '{model.card.name}'. Set one: --threshold SCORE, or fit a "
            f"background, which includes one: copytrace fit-background PHOTOS --model {model.card.name} -o bank.npz"
        )
    return Threshold(-distance, source)


def threshold_of_precision(probabilities: FloatArray, precision: float) -> Threshold:
    """The lowest probability from which the expected share of copies among the pairs reaches `precision`.

    The expected share of copies is the mean of the pairs' probabilities. If no pair is likely enough, the threshold is
    1, which only identical files reach.

    >>> threshold_of_precision(np.array([1.0, 0.9, 0.8, 0.2, 0.2]), precision=0.7).score
    0.8
    """
    falling = -np.sort(-probabilities)
    expected = np.cumsum(falling) / np.arange(1, len(falling) + 1)
    # Pairs with equal probabilities are either all called copies, or none.
    last = np.append(np.diff(falling) != 0, np.ones(min(1, len(falling)), bool))
    enough = falling[last & (expected >= precision)]
    return Threshold(float(enough[-1]) if len(enough) else 1.0, f"expected precision {precision:g}")
