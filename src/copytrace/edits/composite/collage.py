"""A collage of the image and others."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.mapping import placed
from copytrace.edits.parameters import Graded, OneOf, Paint, Picture, Seed
from copytrace.edits.pixels import Colour, Size, filled, resized, scaled_size, size_of

if TYPE_CHECKING:
    from copytrace.edits.supplies import Photo
    from copytrace.records import ByteArray

Box = tuple[int, int, int, int]

_LAYOUTS: dict[str, tuple[float, float]] = {"row": (1, 0), "column": (0, 1), "grid": (0.5, 0.5)}


def _collage(
    image: ByteArray,
    *,
    first: Photo,
    second: Photo,
    third: Photo,
    seed: int,  # noqa: ARG001 - the drawn backgrounds', which the photographs already know
    share: float,
    layout: str,
    side: str,
    gap: float,
    colour: Colour,
) -> Edited:
    size = size_of(image)
    small = scaled_size(size, share**0.25)
    powers = _LAYOUTS[layout]
    wide, tall = (max(side, round(side / share**power)) for side, power in zip(small, powers, strict=True))
    at_end = side == "last"
    left, top = (wide - small[0], tall - small[1]) if at_end else (0, 0)
    canvas = filled((wide, tall), colour)
    margin = round(gap * sqrt(wide * tall))
    others = _others((wide, tall), (left, top, *small), layout)
    for photo, box in zip((first, second, third), others, strict=False):
        _put(canvas, photo, box, margin)
    canvas[top : top + small[1], left : left + small[0]] = resized(image, small)
    return Edited(canvas, placed((left, top, *small), size, (wide, tall)))


def _others(size: Size, box: Box, layout: str) -> list[Box]:
    """The boxes that the image leaves free: two along a row or column, three in a grid."""
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


def _put(canvas: ByteArray, photo: Photo, box: Box, margin: int) -> None:
    """Put a photograph into a box of the canvas, with a margin all round that shows the canvas."""
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
        Picture("first", "photos", about="a photograph beside it"),
        Picture("second", "photos", about="another"),
        Picture("third", "photos", about="a third, in a grid"),
        Seed("seed", about="of the pictures that are drawn where there are no photographs"),
        Graded("share", 1, 0.2, curve="multiplies", about="of the collage's area that the image takes"),
        OneOf("layout", tuple(_LAYOUTS), about="how the photographs stand"),
        OneOf("side", ("first", "last"), about="whether the image is first (top left) or last"),
        Graded("gap", 0, 0.012, about="half the space between photographs, as a share of the collage's side"),
        Paint("colour", about="of the space between photographs"),
    ),
    transform=_collage,
    mapping="moves",
)
