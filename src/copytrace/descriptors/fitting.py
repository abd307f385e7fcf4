"""Fits a descriptor's threshold and the cap on its bias together, on pairs known to be false."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from copytrace.records import Float32Array, FloatArray

FALSE_ALARMS = 0.01
"""The share of queries for which the fitted threshold accepts a picture that they are not a copy of."""

LIGHT_EDITS = 0.1
"""The squared distance within which most copies lie that were only resized or recompressed.

No bias may reject a copy this close. Two files closer than this are taken for the same picture.
"""


def fit_threshold(distance: FloatArray | Float32Array, bias: FloatArray | Float32Array | float) -> float:
    """The squared distance, including the bias, within which 1% of the queries have a false reference.

    Precision would depend on the share of queries that are copies, which differs between libraries.

    Args:
        distance: (n,) the squared distance of each query to the nearest reference that it is not a copy of. Those
            within `LIGHT_EDITS` do not count, unless all are.
        bias: (n,) the bias of each query, without a cap.

    >>> fit_threshold(np.arange(101.0) + 1, bias=1.0)
    3.0
    """
    apart = distance > LIGHT_EDITS
    with_bias = np.asarray(distance + bias, np.float64)
    return float(np.quantile(with_bias[apart] if apart.any() else with_bias, FALSE_ALARMS))


def bias_cap(threshold: float) -> float:
    """The largest bias that keeps a copy within `LIGHT_EDITS` below a threshold; at least 0.

    This cap changes no verdict on pairs further apart: their distance plus the capped bias is within the threshold only
    if it was before.
    """
    return max(0.0, threshold - LIGHT_EDITS)
