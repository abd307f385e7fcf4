"""Fits the threshold of a descriptor and the cap on its bias, together, to pairs that are known to be false."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from copytrace.records import Float32Array, FloatArray

FALSE_ALARMS = 0.01
"""The share of queries that the fitted threshold takes for copies of a picture that they do not derive from."""

LIGHT_EDITS = 0.1
"""The squared distance of most copies that were only resized or compressed again.

No bias may reject a copy as near as this. Two files nearer than this are taken for one picture.
"""


def fit_threshold(distance: FloatArray | Float32Array, bias: FloatArray | Float32Array | float) -> float:
    """The squared distance, with the bias, within which a hundredth of the queries have a false reference.

    Precision would depend on how many queries are copies, which differs from one library to another.

    Args:
        distance: (n,) the squared distance of each query to the nearest reference that it does not derive from.
            Those within `LIGHT_EDITS` do not count, unless all are.
        bias: (n,) of each query, not capped.

    >>> fit_threshold(np.arange(101.0) + 1, bias=1.0)
    3.0
    """
    apart = distance > LIGHT_EDITS
    with_bias = np.asarray(distance + bias, np.float64)
    return float(np.quantile(with_bias[apart] if apart.any() else with_bias, FALSE_ALARMS))


def bias_cap(threshold: float) -> float:
    """The greatest bias that leaves a copy within `LIGHT_EDITS` below a threshold; at least 0.

    Capping a bias so changes no verdict on pairs further apart: their distance and the capped bias together are
    within the threshold only if they were before.
    """
    return max(0.0, threshold - LIGHT_EDITS)
