"""Sharpen: an unsharp mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded
from copytrace.edits.pixels import blurred, exact, short_side

if TYPE_CHECKING:
    from copytrace.records import ByteArray


# The width of the halo, as a share of the short side.
_HALO = 1 / 250


def _sharpen(image: ByteArray, *, amount: float) -> Edited:
    soft = blurred(image, max(1.0, _HALO * short_side(image)))
    return Edited(exact(cv2.addWeighted(image, 1 + amount, soft, -amount, 0)).reshape(image.shape))


SHARPEN = Edit(
    name="sharpen",
    family="quality",
    about="Adds the difference from a blurred copy, which leaves halos.",
    parameters=(Graded("amount", 0, 5, about="amount of the difference"),),
    transform=_sharpen,
)
