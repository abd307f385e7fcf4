"""A part of a screen: boxes, round pictures, icons and lines of text, as apps and browsers show them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageDraw

from copytrace.edits.drawing.fonts import font
from copytrace.edits.drawing.words import WORDS
from copytrace.edits.pixels import Colour, exact, resized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.geometry import Size
    from copytrace.records import ByteArray

WIDTH = 1080
"""Panels are this many units wide, and resampled to the final size."""


# Down to half the size, four neighbours are enough, in a quarter of the time of area means.
_SHRINKS_WELL = 2.2


@dataclass(frozen=True)
class Theme:
    """The colours of an interface."""

    ground: Colour
    bar: Colour
    ink: Colour
    faint: Colour
    accent: Colour


LIGHT = Theme((255, 255, 255), (242, 243, 245), (28, 30, 33), (150, 155, 163), (24, 119, 242))
DARK = Theme((18, 18, 20), (36, 37, 40), (232, 233, 237), (128, 132, 140), (88, 166, 255))
THEMES: dict[str, Theme] = {"light": LIGHT, "dark": DARK}


class Panel:
    """Draws on a panel 1080 units wide, of any height."""

    def __init__(self, height: int, theme: Theme) -> None:
        self.theme = theme
        self.height = max(1, height)
        self._image = Image.new("RGB", (WIDTH, self.height), theme.ground)
        self._draw = ImageDraw.Draw(self._image)

    def box(  # noqa: PLR0917 - place and size belong together
        self, left: float, top: float, width: float, height: float, colour: Colour, radius: float = 0
    ) -> None:
        """A filled rectangle, optionally with round corners."""
        if width >= 1 and height >= 1:
            self._draw.rounded_rectangle((left, top, left + width - 1, top + height - 1), radius, fill=colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A filled disc."""
        self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def outline(self, points: Sequence[tuple[float, float]], colour: Colour, width: int = 5) -> None:
        """A line through points."""
        self._draw.line(list(points), fill=colour, width=width, joint="curve")

    def ring(self, x: float, y: float, radius: float, colour: Colour, width: int = 5) -> None:
        """A circle's outline."""
        self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=colour, width=width)

    def text(  # noqa: PLR0917 - place and size belong together
        self, left: float, top: float, text: str, size: int, colour: Colour, name: str = "sans"
    ) -> float:
        """A line of text, `size` units high; return its right end."""
        face = font(name, size)
        self._draw.text((left, top), text, fill=colour, font=face)
        return left + face.getlength(text)

    def paragraph(  # noqa: PLR0917 - place and size belong together
        self, left: float, top: float, width: float, lines: int, size: int, rng: np.random.Generator
    ) -> None:
        """Lines of words, the last one short, down to the end of the panel."""
        lines = min(lines, max(0, int((self.height - top) / (size * 1.45)) + 1))
        words = WORDS["latin"].split()
        next_word = int(rng.integers(len(words)))
        for row in range(lines):
            room = width * (0.55 if row == lines - 1 and lines > 1 else 1)
            line, used = "", 0.0
            # A word wider than the line gets a line of its own.
            while not line or used + _advance(words[next_word % len(words)], size) <= room:
                word = words[next_word % len(words)]
                line, used, next_word = f"{line}{word} ", used + _advance(word, size), next_word + 1
            self._draw.text(
                (left, top + row * size * 1.45), line, fill=self.theme.ink, font=font("sans", size)
            )

    def pixels(self, size: Size) -> ByteArray:
        """The panel as an image of the given size."""
        if size[0] < WIDTH / _SHRINKS_WELL:
            return resized(np.asarray(self._image), size)
        grown = cv2.resize(np.asarray(self._image), size, interpolation=cv2.INTER_LINEAR)
        return exact(grown).reshape(size[1], size[0], 3)


@cache
def _advance(text: str, size: int) -> float:
    """How far a word and a space move the pen; cached, since pages use few words."""
    return font("sans", size).getlength(f"{text} ")
