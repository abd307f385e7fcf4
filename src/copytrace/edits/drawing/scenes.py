"""Pictures that copytrace draws itself: distractors that resemble posters, plots and landscapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Callable

Rng = np.random.Generator
Colour = tuple[int, int, int]

SIZES = ((320, 240), (240, 320), (280, 280), (360, 220))
OVERSAMPLING = 2
"""Pictures are drawn this many times larger and scaled down, which smooths their edges."""


def draw_picture(seed: int) -> Image.Image:
    """A picture that depends only on the seed: RGB, about 300 pixels per side."""
    rng = np.random.default_rng(seed)
    width, height = SIZES[rng.integers(len(SIZES))]
    size = (width * OVERSAMPLING, height * OVERSAMPLING)
    draw = SCENES[rng.integers(len(SCENES))]
    picture = draw(rng, _gradient(rng, size)).resize((width, height), Image.Resampling.LANCZOS)
    return _grain(rng, picture)


def _colour(rng: Rng) -> Colour:
    red, green, blue = rng.integers(0, 256, 3)
    return int(red), int(green), int(blue)


def _gradient(rng: Rng, size: tuple[int, int]) -> Image.Image:
    """Four random corner colours, blended."""
    corners = rng.integers(0, 256, (2, 2, 3), dtype=np.uint8)
    return Image.fromarray(corners).resize(size, Image.Resampling.BICUBIC)


def _grain(rng: Rng, picture: Image.Image) -> Image.Image:
    """A little noise, as a camera would add."""
    noise = rng.normal(0, rng.uniform(1, 8), (picture.height, picture.width, 1))
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


def _box(rng: Rng, picture: Image.Image) -> tuple[int, int, int, int]:
    left, top = rng.integers(0, picture.width), rng.integers(0, picture.height)
    return (
        int(left),
        int(top),
        int(left + rng.integers(20, picture.width // 2)),
        int(top + rng.integers(20, picture.height // 2)),
    )


def _shapes(rng: Rng, picture: Image.Image) -> Image.Image:
    pen = ImageDraw.Draw(picture)
    for _ in range(rng.integers(4, 18)):
        box = _box(rng, picture)
        match rng.integers(3):
            case 0:
                pen.ellipse(box, fill=_colour(rng))
            case 1:
                pen.rounded_rectangle(box, radius=int(rng.integers(0, 12)), fill=_colour(rng))
            case _:
                pen.polygon(
                    [(box[0], box[3]), (box[2], box[3]), (box[1] % picture.width, box[1])], _colour(rng)
                )
    return picture


def _mountains(rng: Rng, picture: Image.Image) -> Image.Image:
    pen = ImageDraw.Draw(picture)
    columns = np.arange(0, picture.width + 1, 4)
    for ridge in range(int(rng.integers(2, 6))):
        waves = sum(
            rng.uniform(0.01, 0.12)
            / (octave + 1)
            * np.sin(columns * rng.uniform(0.002, 0.02) * (octave + 1) + rng.uniform(0, 7))
            for octave in range(4)
        )
        level = picture.height * (0.35 + 0.15 * ridge + waves)
        line = list(zip(columns.tolist(), level.tolist(), strict=True))
        pen.polygon([*line, (picture.width, picture.height), (0, picture.height)], fill=_colour(rng))
    left, top, *_ = _box(rng, picture)
    radius = int(rng.integers(15, 60))
    pen.ellipse((left, top // 2, left + radius, top // 2 + radius), fill=_colour(rng))
    return picture


def _strokes(rng: Rng, picture: Image.Image) -> Image.Image:
    pen = ImageDraw.Draw(picture)
    for _ in range(rng.integers(6, 30)):
        start = rng.uniform(0, 1, 2) * picture.size
        steps = rng.normal(0, picture.width / 10, (rng.integers(4, 12), 2)).cumsum(axis=0)
        path = [(float(x), float(y)) for x, y in start + steps]
        pen.line(path, fill=_colour(rng), width=int(rng.integers(2, 18)), joint="curve")
    return picture


def _cloud(rng: Rng, picture: Image.Image) -> Image.Image:
    """Noise at several scales in two colours, as marble, clouds or skin look."""
    field = np.zeros((picture.height, picture.width), np.float32)
    for octave in range(1, 6):
        coarse = rng.random((2**octave + 1, 2**octave + 1)).astype(np.float32)
        field += np.asarray(Image.fromarray(coarse).resize(picture.size, Image.Resampling.BICUBIC)) / octave
    mask = np.clip((field - field.min()) / (np.ptp(field) + 1e-6) * 255, 0, 255).astype(np.uint8)
    return Image.composite(Image.new("RGB", picture.size, _colour(rng)), picture, Image.fromarray(mask))


def _bokeh(rng: Rng, picture: Image.Image) -> Image.Image:
    for _ in range(3):
        lights = Image.new("L", picture.size)
        pen = ImageDraw.Draw(lights)
        for _ in range(rng.integers(5, 25)):
            x, y, radius = (
                int(rng.integers(*span)) for span in ((0, picture.width), (0, picture.height), (5, 60))
            )
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=int(rng.integers(60, 220)))
        lights = lights.filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 10))))
        picture = Image.composite(Image.new("RGB", picture.size, _colour(rng)), picture, lights)
    return picture


SCENES: tuple[Callable[[Rng, Image.Image], Image.Image], ...] = (
    _shapes,
    _mountains,
    _strokes,
    _cloud,
    _bokeh,
)
