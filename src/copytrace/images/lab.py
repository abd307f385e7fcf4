"""Colours in CIE L*a*b*, in which equal distances look about equally large."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from copytrace.records import ByteArray

    Int32Array = NDArray[np.int32]

_LINEAR = 255 * 8
"""The largest linear intensity in the tables: 8 steps per step of a channel."""
_SHARES, _ROOTS = 12, 15
"""Binary digits after the point in the tables of shares, and of cube roots."""
_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
"""CIE XYZ of red, green and blue in sRGB (ITU-R BT.709 primaries)."""
_WHITE = np.array([0.950456, 1.0, 1.088754])
"""CIE XYZ of the white point D65."""

_LIGHTNESS, _BLACK = (116 * 255 + 50) // 100, ((16 * 255 << _ROOTS) + 50) // 100
_GREY = 128 << _ROOTS


def lab_colours(picture: ByteArray) -> ByteArray:
    """(h, w, 3) uint8 RGB to L*a*b*: L* scaled to 0..255, a* and b* shifted by 128.

    The same numbers as OpenCV's `COLOR_RGB2LAB`, which takes 0.15 s to fill its tables when it is first used.

    >>> lab_colours(np.array([[[255, 0, 0], [128, 128, 128]]], np.uint8)).tolist()
    [[[136, 208, 195], [137, 128, 128]]]
    """
    shares, roots = _tables()
    channels = [picture[..., channel] for channel in range(3)]
    x, y, z = (
        roots[_rounded(sum(of.take(channel) for of, channel in zip(row, channels, strict=True)), _SHARES)]
        for row in shares
    )
    parts = (_LIGHTNESS * y - _BLACK, 500 * (x - y) + _GREY, 200 * (y - z) + _GREY)
    lab = np.stack([_rounded(part, _ROOTS) for part in parts], axis=-1)
    return lab.clip(0, 255).astype(np.uint8)


def _rounded(values: Any, digits: int) -> Int32Array:  # noqa: ANN401 - a sum, for mypy
    """The nearest whole numbers to values with so many binary digits after the point."""
    whole: Int32Array = (values + (1 << digits - 1)) >> digits
    return whole


@cache
def _tables() -> tuple[Int32Array, Int32Array]:
    """(3, 3, 256) what each value of a channel adds to X, Y and Z; (k,) cube roots of such sums."""
    value = np.arange(256) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 - sRGB
    of_white = np.rint((1 << _SHARES) * _XYZ / _WHITE[:, None])
    shares = of_white[:, :, None] * np.rint(_LINEAR * linear)
    sums = np.arange(_LINEAR * 3 // 2) / _LINEAR
    roots = np.where(sums < 0.008856, sums * 7.787 + 16 / 116, np.cbrt(sums))  # noqa: PLR2004 - CIE
    # OpenCV rounds single precision, which decides two entries.
    return shares.astype(np.int32), np.rint((1 << _ROOTS) * roots.astype(np.float32)).astype(np.int32)
