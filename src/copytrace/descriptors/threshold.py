"""The threshold of a verdict, fitted to pairs that are known to be false."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from copytrace.records import Float32Array, FloatArray

FALSE_ALARMS = 0.01
"""The share of queries that the fitted threshold takes for copies of a picture that they do not derive from."""


def fit_threshold(nearest: FloatArray | Float32Array) -> float:
    """The squared distance within which a hundredth of the queries have a reference that they do not derive from.

    Precision would depend on how many queries are copies, which differs from one library to another.

    Args:
        nearest: (n,) the squared distance of each query, with its bias, to the nearest reference that it does
            not derive from.

    >>> fit_threshold(np.arange(101.0))
    1.0
    """
    return float(np.quantile(nearest, FALSE_ALARMS))
