"""Invert: the negative."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.edits.edit import Edit, Edited

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _invert(image: ByteArray) -> Edited:
    return Edited(255 - image)


INVERT = Edit(
    name="invert",
    family="colour",
    about="Makes a negative.",
    parameters=(),
    transform=_invert,
)
