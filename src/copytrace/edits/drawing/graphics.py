"""Graphics: plots, diagrams, maps, line drawings, program text, cards, and pages in other scripts.

Two graphics of the same kind share neither layout nor colours, like documents by different authors.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageDraw

from copytrace.edits.drawing.fonts import font, font_for
from copytrace.edits.drawing.scripts import SCRIPTS, write_invented
from copytrace.edits.drawing.words import random_words

if TYPE_CHECKING:
    import numpy.typing as npt

Rng = np.random.Generator
Ink = tuple[int, int, int]

_SIDES = (300, 641)
_FACES = ("serif", "sans", "mono", "sans-bold", "serif-italic")
_DARK_GROUNDS = 0.25


class Sheet:
    """The sheet for a graphic: a background, a readable ink, and some colours.

    Attributes:
        rng: random generator for everything.
        image: the image, in RGB.
        pen: draws on it.
        ground: colour of the sheet.
        ink: colour of lines and text.
        colours: three to six other colours.
    """

    def __init__(self, rng: Rng) -> None:
        self.rng = rng
        self.width, self.height = (int(side) for side in rng.integers(*_SIDES, size=2))
        light, dark = (255 - rng.integers(0, 45, 3)), rng.integers(0, 70, 3)
        if rng.random() < _DARK_GROUNDS:
            light, dark = dark, light
        self.ground, self.ink = _ink(light), _ink(dark)
        self.colours = [_ink(colour) for colour in rng.integers(20, 236, (int(rng.integers(3, 7)), 3))]
        self.image = Image.new("RGB", (self.width, self.height), self.ground)
        self.pen = ImageDraw.Draw(self.image)
        self._face = str(rng.choice(_FACES))

    def colour(self) -> Ink:
        """One of the colours."""
        return self.colours[int(self.rng.integers(len(self.colours)))]

    def write(self, at: tuple[float, float], size: int, words: int = 3, colour: Ink | None = None) -> None:
        """Write up to this many words."""
        text = random_words(self.rng, words)
        self.pen.text(at, text, font=font(font_for(text, self._face), size), fill=colour or self.ink)

    def chance(self, share: float) -> bool:
        """True with this probability."""
        return bool(self.rng.random() < share)

    def point(self, margin: float = 0.05) -> tuple[float, float]:
        """Any point of the sheet outside its margin."""
        across, down = self.rng.uniform(margin, 1 - margin, 2)
        return float(across * self.width), float(down * self.height)


def draw_graphic(seed: int) -> Image.Image:
    """A graphic that depends only on the seed: RGB, 300 to 640 pixels per side."""
    sheet = Sheet(np.random.default_rng((seed, 4)))
    _KINDS[sheet.rng.integers(len(_KINDS))](sheet)
    return sheet.image


def _ink(colour: npt.NDArray[np.integer]) -> Ink:
    red, green, blue = (int(part) for part in colour)
    return red, green, blue


def _plot(sheet: Sheet) -> None:
    """Lines, dots, areas or a pie over a grid, with a title and a legend."""
    rng = sheet.rng
    left, top = sheet.width * rng.uniform(0.06, 0.2), sheet.height * rng.uniform(0.08, 0.2)
    right, bottom = sheet.width * rng.uniform(0.75, 0.96), sheet.height * rng.uniform(0.75, 0.92)
    sheet.write((left, top / 4), int(rng.integers(10, 22)), 5)
    if sheet.chance(0.2):
        _pie(sheet, (left, top, right, bottom))
        return
    for line in range(int(rng.integers(0, 8))):
        level = bottom - (bottom - top) * line / 8
        sheet.pen.line((left, level, right, level), fill=sheet.colours[0])
    sheet.pen.line(
        [(left, top), (left, bottom), (right, bottom)], fill=sheet.ink, width=int(rng.integers(1, 4))
    )
    kind, count = rng.integers(3), int(rng.integers(5, 60))
    across = np.linspace(left, right, count)
    for colour in sheet.colours[: int(rng.integers(1, 4))]:
        walk = np.cumsum(rng.normal(size=count))
        down = bottom - (bottom - top) * (walk - walk.min()) / (np.ptp(walk) + 1e-6) * rng.uniform(0.3, 1)
        points = list(zip(across.tolist(), down.tolist(), strict=True))
        if kind == 0:
            sheet.pen.line(points, fill=colour, width=int(rng.integers(1, 5)))
        elif kind == 1:
            radius = float(rng.uniform(2, 6))
            for x, y in points:
                sheet.pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
        else:
            sheet.pen.polygon([(left, bottom), *points, (right, bottom)], fill=colour)
    for step in range(0, count, max(1, count // 6)):
        sheet.write((float(across[step]), bottom + 4), 9, 1)


def _pie(sheet: Sheet, box: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = box
    side = min(right - left, bottom - top)
    angle = float(sheet.rng.uniform(0, 360))
    shares = sheet.rng.dirichlet(np.ones(len(sheet.colours)))
    for colour, share in zip(sheet.colours, shares, strict=True):
        end = angle + 360 * float(share)
        sheet.pen.pieslice(
            (left, top, left + side, top + side), angle, end, fill=colour, outline=sheet.ground
        )
        angle = end


def _diagram(sheet: Sheet) -> None:
    """Boxes and ovals with words in them, joined by lines."""
    rng = sheet.rng
    places = [sheet.point(0.12) for _ in range(int(rng.integers(4, 14)))]
    for start, end in pairwise(places):
        bend = (end[0], start[1])
        sheet.pen.line([start, *([bend] if sheet.chance(0.5) else []), end], fill=sheet.ink, width=2)
    for x, y in places:
        across, down = rng.uniform(24, 70), rng.uniform(12, 34)
        box = (x - across, y - down, x + across, y + down)
        fill = sheet.colour() if sheet.chance(0.6) else sheet.ground
        shape = sheet.pen.ellipse if sheet.chance(0.3) else sheet.pen.rectangle
        shape(box, fill=fill, outline=sheet.ink)
        sheet.write((x - across + 6, y - 7), int(rng.integers(8, 15)), 2)


def _map(sheet: Sheet) -> None:
    """Land and water from a smooth height map, roads across it, and names."""
    rng = sheet.rng
    coarse = rng.normal(size=(int(rng.integers(4, 9)), int(rng.integers(4, 9)))).astype(np.float32)
    height = cv2.resize(coarse, (sheet.width, sheet.height), interpolation=cv2.INTER_CUBIC)
    levels = np.digitize(height, np.sort(rng.uniform(-1.5, 1.5, len(sheet.colours) - 1)))
    pale = 0.5 * np.array(sheet.colours) + 0.5 * np.array(sheet.ground)
    sheet.image.paste(Image.fromarray(pale[levels].astype(np.uint8)))
    for _ in range(int(rng.integers(4, 16))):
        road = np.cumsum(rng.normal(0, 0.12, (8, 2)), axis=0) + rng.uniform(0, 1, 2)
        points = [(float(x * sheet.width), float(y * sheet.height)) for x, y in road]
        sheet.pen.line(points, fill=sheet.colour(), width=int(rng.integers(1, 6)), joint="curve")
    for _ in range(int(rng.integers(3, 14))):
        x, y = sheet.point()
        sheet.pen.ellipse((x - 3, y - 3, x + 3, y + 3), fill=sheet.ink)
        sheet.write((x + 5, y - 6), int(rng.integers(8, 15)), 1)


def _line_drawing(sheet: Sheet) -> None:
    """Closed curves and hatching in one ink, as in a sketch or a plan."""
    rng = sheet.rng
    width = int(rng.integers(1, 4))
    for _ in range(int(rng.integers(4, 14))):
        x, y = sheet.point(0.1)
        angles = np.linspace(0, 2 * np.pi, 40)
        radius = np.full(len(angles), rng.uniform(0.05, 0.3) * min(sheet.width, sheet.height))
        for n in range(1, 6):
            radius = radius * (1 + rng.normal(0, 0.25 / n) * np.cos(n * angles + rng.uniform(0, 7)))
        curve = np.column_stack((x + radius * np.cos(angles), y + radius * np.sin(angles)))
        sheet.pen.line(curve.ravel().tolist(), fill=sheet.ink, width=width)
    for _ in range(int(rng.integers(0, 5))):
        x, y = sheet.point(0.1)
        slant, gap = rng.uniform(-30, 30), rng.uniform(4, 12)
        for line in range(int(rng.integers(4, 16))):
            sheet.pen.line((x + line * gap, y, x + line * gap + slant, y + 50), fill=sheet.ink, width=width)


def _program(sheet: Sheet) -> None:
    """Lines of program text, indented and in several colours, with numbers at the side."""
    rng = sheet.rng
    size, indent, number = int(rng.integers(9, 16)), 0, int(rng.integers(1, 900))
    for top in range(int(rng.integers(4, 30)), sheet.height - size, round(1.4 * size)):
        sheet.pen.text((6, top), str(number), font=font("mono", size), fill=sheet.colours[0])
        number += 1
        if sheet.chance(0.12):
            continue
        indent = int(np.clip(indent + rng.integers(-1, 2), 0, 5))
        left = 46.0 + 2 * size * indent
        for _ in range(int(rng.integers(1, 6))):
            word = random_words(rng, 1).lower() + str(rng.choice(("", "(", ") ", " = ", ".", ": ", ", ")))
            face = font(font_for(word, "mono"), size)
            sheet.pen.text(
                (left, top), word, font=face, fill=sheet.ink if sheet.chance(0.5) else sheet.colour()
            )
            left += face.getlength(word)


def _card(sheet: Sheet) -> None:
    """A card as people carry them: a frame, a stripe, a face or a mark, and a few lines."""
    rng = sheet.rng
    inset = int(rng.integers(4, 40))
    box = (inset, inset, sheet.width - inset, sheet.height - inset)
    sheet.pen.rounded_rectangle(
        box, int(rng.integers(0, 24)), fill=sheet.colour(), outline=sheet.ink, width=2
    )
    down = float(rng.uniform(inset, sheet.height - inset))
    stripe = float(rng.uniform(0.08, 0.3)) * sheet.height
    sheet.pen.rectangle((inset, down, sheet.width - inset, down + stripe), fill=sheet.colour())
    x, y = sheet.point(0.2)
    radius = float(rng.uniform(0.08, 0.25)) * min(sheet.width, sheet.height)
    mark = (x - radius, y - radius, x + radius, y + radius)
    corners = int(rng.integers(3, 9))
    if sheet.chance(0.5):
        sheet.pen.ellipse(mark, fill=sheet.colour(), outline=sheet.ink)
    else:
        sheet.pen.regular_polygon((x, y, radius), corners, float(rng.uniform(0, 360)), fill=sheet.colour())
    left = float(rng.uniform(inset + 6, sheet.width / 2))
    for _ in range(int(rng.integers(2, 7))):
        sheet.write((left, float(rng.uniform(inset, sheet.height - inset - 20))), int(rng.integers(9, 28)), 4)


def _other_script(sheet: Sheet) -> None:
    """A page in a script that the fonts lack, in columns, with a figure here and there."""
    rng = sheet.rng
    script = SCRIPTS[rng.integers(len(SCRIPTS))]
    size, margin, columns = int(rng.integers(9, 30)), int(rng.integers(8, 50)), int(rng.integers(1, 4))
    column = (sheet.width - 2 * margin) / columns
    sheet.pen.fontmode = "L"
    mask = Image.new("L", sheet.image.size)
    pen = ImageDraw.Draw(mask)
    pen.ink = 255
    for number in range(columns):
        top = float(margin)
        while top < sheet.height - margin - size:
            width = float(rng.uniform(0.3, 0.9)) if sheet.chance(0.2) else 0.95
            write_invented(pen, (margin + number * column, top), width * column, size, script, rng)
            top += size * float(rng.choice((1.4, 1.4, 1.4, 2.4)))
    sheet.image.paste(sheet.ink, mask=mask)
    if sheet.chance(0.4):
        x, y = sheet.point(0.2)
        sheet.pen.rectangle((x, y, x + column / 2, y + 3 * size), fill=sheet.colour(), outline=sheet.ink)


Kind = Callable[[Sheet], None]

_KINDS: tuple[Kind, ...] = (
    _plot,
    _diagram,
    _map,
    _line_drawing,
    _program,
    _card,
    _other_script,
)
