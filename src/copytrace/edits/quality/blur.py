"""Blur: out of focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded
from copytrace.edits.pixels import blurred, short_side

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _blur(image: ByteArray, *, radius: float) -> Edited:
    return Edited(blurred(image, radius * short_side(image)))


BLUR = Edit(
    name="blur",
    family="quality",
    about="Blurs the image by a Gaussian.",
    parameters=(Graded("radius", 0, 0.02, about="standard deviation, as a share of the short side"),),
    transform=_blur,
)
