"""Invented writing that looks like scripts which the fonts lack: East Asian, Arabic and Indic.

It has no meaning. To a descriptor, letters a few pixels high are just texture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.ImageDraw import ImageDraw

Script = Literal["squares", "joined", "hanging"]
SCRIPTS: tuple[Script, ...] = ("squares", "joined", "hanging")
"""Like Chinese, one square per sign; like Arabic, joined on a baseline; like Devanagari, hanging from a bar."""

Points = list[tuple[float, float]]

_SIGNS = 400
_CURVE = np.linspace(0, 1, 7)


def write_invented(  # noqa: PLR0917 - as ImageDraw.text
    pen: ImageDraw, at: tuple[float, float], width: float, size: int, script: Script, rng: np.random.Generator
) -> None:
    """Write a line of an invented script.

    Args:
        pen: draws in black on a mask, or in its own ink.
        at: left and top of the line.
        width: width of the line in pixels.
        size: height of the signs in pixels.
        script: appearance of the signs.
        rng: random generator of the text.
    """
    left, top = at
    thick = max(1, size // 12)
    x = left
    while x + size <= left + width:
        for _ in range(int(rng.integers(2, 7))):
            if x + size > left + width:
                break
            for stroke in _SHAPES[script](np.random.default_rng(int(rng.integers(_SIGNS)))):
                pen.line([(x + across * size, top + down * size) for across, down in stroke], width=thick)
            x += size * (1.08 if script == "squares" else 0.8)
        x += 0 if script == "squares" else 0.4 * size


def _square(rng: np.random.Generator) -> list[Points]:
    """Horizontal, vertical and slanted strokes that fill a square."""
    strokes: list[Points] = []
    for _ in range(int(rng.integers(4, 10))):
        kind, place = rng.integers(4), rng.uniform(0.05, 0.95)
        start, end = sorted(rng.uniform(0, 1, 2))
        end = max(end, start + 0.3)
        if kind < 2:  # noqa: PLR2004 - half of the strokes are level
            strokes.append([(start, place), (end, place)])
        elif kind == 2:  # noqa: PLR2004 - and a quarter upright
            strokes.append([(place, start), (place, end)])
        else:
            strokes.append([(0.5, start), (float(rng.choice((0.0, 1.0))), end)])
    return strokes


def _joined(rng: np.random.Generator) -> list[Points]:
    """A stretch of the baseline with an arc above or below it, and dots."""
    rise = rng.uniform(-0.5, 0.6)
    bow = [(0.85 * float(t), 0.6 - rise * float(np.sin(np.pi * t))) for t in _CURVE]
    dots: list[Points] = []
    for _ in range(int(rng.integers(3))):
        across, down = rng.uniform(0.2, 0.7), rng.choice((0.1, 0.95))
        dots.append([(across, down), (across + 0.08, down)])
    return [bow, *dots]


def _hanging(rng: np.random.Generator) -> list[Points]:
    """A bar on top, a stem, and a loop or two at its side."""
    strokes: list[Points] = [[(0, 0.15), (0.85, 0.15)], [(0.6, 0.15), (0.6, 0.9)]]
    for _ in range(int(rng.integers(1, 3))):
        across, down, radius = rng.uniform(0.1, 0.4), rng.uniform(0.35, 0.75), rng.uniform(0.1, 0.25)
        angles = rng.uniform(1, 2) * np.pi * _CURVE
        strokes.append(
            [(across + radius * float(np.cos(a)), down + radius * float(np.sin(a))) for a in angles]
        )
    return strokes


_SHAPES: dict[Script, Callable[[np.random.Generator], list[Points]]] = {
    "squares": _square,
    "joined": _joined,
    "hanging": _hanging,
}
