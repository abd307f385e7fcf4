"""The frame of a plot: where values lie on the drawing, and which of them are named on the axes."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Tick:
    """A named value: its place on the drawing and its words."""

    at: float
    words: str


@dataclass(frozen=True)
class Frame:
    """A drawing with room for its axes.

    Attributes:
        width, height: of the whole drawing, in its own units.
        left, top, right, bottom: the edges of the part where values are drawn.
    """

    width: int = 400
    height: int = 280
    left: int = 46
    top: int = 14
    right: int = 390
    bottom: int = 240

    def x(self, value: float, low: float, high: float) -> float:
        """Where a value between low and high lies from left to right."""
        return round(self.left + (self.right - self.left) * _share(value, low, high), 1)

    def y(self, value: float, low: float, high: float) -> float:
        """Where it lies from bottom to top."""
        return round(self.bottom - (self.bottom - self.top) * _share(value, low, high), 1)


def _share(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low))) if high > low else 0.5


def round_values(low: float, high: float, most: int = 5) -> list[float]:
    """Round values between two, at most so many: multiples of 1, 2 or 5 times a power of ten.

    >>> round_values(0, 1)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    >>> round_values(0, 730)
    [0.0, 200.0, 400.0, 600.0]
    """
    span = high - low
    if not (span > 0 and math.isfinite(span)):
        return [low]
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor * most >= span * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def words_of(value: float) -> str:
    """A value in few letters.

    >>> words_of(0.25), words_of(1200), words_of(-3.0), words_of(2500000)
    ('0.25', '1,200', '-3', '2.5e+06')
    """
    if value == int(value) and abs(value) < 1e5:  # noqa: PLR2004 - fits beside an axis
        return f"{int(value):,}"
    return f"{value:.3g}"
