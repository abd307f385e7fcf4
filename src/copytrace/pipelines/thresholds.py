"""The score from which a pair is called a likely copy: asked for, known of a model, or found for a precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from copytrace.errors import DescriptorError, InputError

if TYPE_CHECKING:
    from copytrace.descriptors import Model
    from copytrace.records import FloatArray

LIKELY = 0.5
"""The probability from which a pair is called a likely copy by default."""


class Threshold(NamedTuple):
    """The score from which a pair is called a likely copy, and where it comes from."""

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
    """The threshold that the user asked for, or the default; None without verification, where the model has its own.

    Args:
        threshold: a probability; without verification a score.
        precision: what will tell the threshold, once the probabilities are known.
        verified: whether the pairs are verified.

    Raises:
        InputError: it is neither a probability nor a score, or both were given.
    """
    if threshold is not None and precision is not None:
        raise InputError(
            "--threshold and --precision both set what is called a likely copy. Give one of them."
        )
    if not verified and precision is not None:
        raise InputError("--precision needs probabilities, so it does not go with --no-verify.")
    if not verified and threshold is not None and not threshold <= 0:
        raise InputError(
            f"The threshold is {threshold:g}. With --no-verify it must be at most 0, as scores are minus squared "
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
            f"No threshold is known for the model '{model.card.name}'. Give one: --threshold SCORE, or fit a "
            f"background, which brings one: copytrace fit-background PHOTOS --model {model.card.name} -o bank.npz"
        )
    return Threshold(-distance, source)


def threshold_of_precision(probabilities: FloatArray, precision: float) -> Threshold:
    """The lowest probability from which on a share of the pairs are copies, as expected from their probabilities.

    The expected share of copies among pairs is the mean of their probabilities. Where no pair is likely enough, the
    threshold is 1, which only identical files reach.

    >>> threshold_of_precision(np.array([1.0, 0.9, 0.8, 0.2, 0.2]), precision=0.7).score
    0.8
    """
    falling = -np.sort(-probabilities)
    expected = np.cumsum(falling) / np.arange(1, len(falling) + 1)
    # All pairs of one probability are called copies, or none.
    last = np.append(np.diff(falling) != 0, np.ones(min(1, len(falling)), bool))
    enough = falling[last & (expected >= precision)]
    return Threshold(float(enough[-1]) if len(enough) else 1.0, f"expected precision {precision:g}")
