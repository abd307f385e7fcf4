"""The frame of a plot: positions of values in the drawing, its axes, and their labels."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from copytrace.reports.plots.svg import path, text

if TYPE_CHECKING:
    from collections.abc import Iterable

SHARES = (0.0, 1.0)


class Tick(NamedTuple):
    """A labelled value on an axis."""

    value: float
    words: str


@dataclass(frozen=True)
class Frame:
    """A drawing with space for its axes.

    Attributes:
        width, height: size of the whole drawing, in its own units.
        left, top, right, bottom: edges of the plot area.
        across, up: the values at the left and right edge, and at the bottom and top edge.
    """

    width: int = 340
    height: int = 246
    left: int = 40
    top: int = 20
    right: int = 332
    bottom: int = 206
    across: tuple[float, float] = SHARES
    up: tuple[float, float] = SHARES

    def spanning(self, across: tuple[float, float], up: tuple[float, float]) -> Frame:
        """The same frame for other values."""
        return replace(self, across=across, up=up)

    def x(self, value: float) -> float:
        """The horizontal position of a value."""
        return round(self.left + (self.right - self.left) * _share(value, *self.across), 1)

    def y(self, value: float) -> float:
        """The vertical position of a value."""
        return round(self.bottom - (self.bottom - self.top) * _share(value, *self.up), 1)

    def axis_across(self, ticks: Iterable[Tick], title: str) -> Markup:
        """Labels of values below the plot, with a title under them."""
        words = [text(tick.words, self.x(tick.value), self.bottom + 19, anchor="middle") for tick in ticks]
        return Markup().join([*words, text(title, self.right, self.bottom + 36, anchor="end")])

    def axis_up(self, ticks: Iterable[Tick], title: str = "") -> Markup:
        """Labels of values next to the plot, with a line across it for each."""
        lines = [
            self.line_across(tick.value, "grid")
            + text(tick.words, self.left - 8, self.y(tick.value) + 4, anchor="end")
            for tick in ticks
        ]
        return Markup().join([*lines, *([text(title, self.left + 2, self.top - 8)] if title else [])])

    def line_across(self, value: float, class_: str) -> Markup:
        """A line from left to right at a value."""
        return path(f"M{self.left} {self.y(value)} H{self.right}", class_)

    def line_up(self, value: float, class_: str) -> Markup:
        """A line from bottom to top at a value."""
        return path(f"M{self.x(value)} {self.bottom} V{self.top}", class_)


def _share(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low))) if high > low else 0.5


def round_ticks(low: float, high: float, most: int = 5) -> list[Tick]:
    """Round values between two, in at most `most` steps: multiples of 1, 2 or 5 times a power of ten.

    >>> [tick.value for tick in round_ticks(0, 1)]
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    >>> [tick.words for tick in round_ticks(0, 7300)]
    ['0', '2,000', '4,000', '6,000']
    """
    span = high - low
    if not (span > 0 and math.isfinite(span)):
        return [Tick(low, short_number(low))]
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor * most >= span * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    values = [round(number * step, 12) for number in range(first, last + 1)]
    return [Tick(value, short_number(value)) for value in values]


def short_number(value: float) -> str:
    """A value in few characters.

    >>> short_number(0.25), short_number(1200), short_number(-3.0), short_number(2500000)
    ('0.25', '1,200', '-3', '2.5e+06')
    """
    if value == int(value) and abs(value) < 1e5:  # noqa: PLR2004 - fits beside an axis
        return f"{int(value):,}"
    return f"{value:.3g}"
