"""A collage of the image and others."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded, OneOf, Paint, Photos, Seed
from copytrace.edits.pixels import Colour, filled, resized, scaled_size, size_of
from copytrace.geometry import Size, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.edits.supplies import Photograph
    from copytrace.records import ByteArray

Box = tuple[int, int, int, int]

_LAYOUTS: dict[str, tuple[float, float]] = {"row": (1, 0), "column": (0, 1), "grid": (0.5, 0.5)}


def _collage(
    image: ByteArray,
    *,
    photos: Sequence[Photograph],
    seed: int,  # noqa: ARG001 - the drawn backgrounds', which the photographs know
    share: float,
    layout: str,
    side: str,
    gap: float,
    colour: Colour,
) -> Edited:
    size = size_of(image)
    small = scaled_size(size, share**0.25)
    margin = round(gap * sqrt(small[0] * small[1]))
    cell = (small[0] + 2 * margin, small[1] + 2 * margin)
    powers = _LAYOUTS[layout]
    wide, tall = (
        max(length, round(length / share**power)) for length, power in zip(cell, powers, strict=True)
    )
    left, top = (wide - cell[0], tall - cell[1]) if side == "last" else (0, 0)
    canvas = filled((wide, tall), colour)
    for photo, box in zip(photos, _others((wide, tall), (left, top, *cell), layout), strict=False):
        _put(canvas, photo, box, margin)
    left, top = left + margin, top + margin
    canvas[top : top + small[1], left : left + small[0]] = resized(image, small)
    return Edited(canvas, placed((left, top, *small), size, (wide, tall)))


def _others(size: Size, box: Box, layout: str) -> list[Box]:
    """The boxes not taken by the image: two along a row or column, three in a grid."""
    (wide, tall), (left, top, width, height) = size, box
    beside = (width if left == 0 else 0, top, wide - width, height)
    below = (left, height if top == 0 else 0, width, tall - height)
    if layout == "row":
        half = beside[2] // 2
        return [(beside[0], 0, half, tall), (beside[0] + half, 0, beside[2] - half, tall)]
    if layout == "column":
        half = below[3] // 2
        return [(0, below[1], wide, half), (0, below[1] + half, wide, below[3] - half)]
    return [beside, below, (beside[0], below[1], beside[2], below[3])]


def _put(canvas: ByteArray, photo: Photograph, box: Box, margin: int) -> None:
    """Put a photograph into a box of the canvas, with a margin all around that shows the canvas."""
    left, top, width, height = box
    inner = (width - 2 * margin, height - 2 * margin)
    if min(inner) > 0:
        canvas[top + margin : top + margin + inner[1], left + margin : left + margin + inner[0]] = (
            photo.covering(inner)
        )


COLLAGE = Edit(
    name="collage",
    family="composite",
    about="Puts the image into a row, a column or a grid with other photographs.",
    parameters=(
        Photos("photos", 3, about="the others: two in a row or column, three in a grid"),
        Seed("seed", about="random seed of the pictures that replace missing photographs"),
        Graded("share", 1, 0.2, curve="multiplies", about="share of the collage's area that the image fills"),
        OneOf("layout", tuple(_LAYOUTS), about="arrangement of the photographs"),
        OneOf("side", ("first", "last"), about="whether the image is first (top left) or last"),
        Graded("gap", 0, 0.025, about="half the space between photographs, as a share of the image's side"),
        Paint("colour", about="colour of the space between photographs"),
    ),
    transform=_collage,
    mapping="moves",
)
