"""The pictures that some edits put together with the edited one: other photographs, and small overlays.

A recipe records them by ID, so that it can be replayed where the same pictures are at hand. Where none are
given, the edits draw a background or a shape of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from copytrace.edits.drawing.backgrounds import background
from copytrace.edits.pixels import covering
from copytrace.errors import EditError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from copytrace.geometry import Size
    from copytrace.records import ByteArray


def _nothing(picture_id: str) -> ByteArray:
    raise EditError(
        f"picture {picture_id!r}: is not at hand; the recipe needs the pictures it was drawn with."
    )


@dataclass(frozen=True)
class Album:
    """Pictures that are loaded when they are needed.

    Attributes:
        ids: what recipes call them, in a fixed order.
        load: gives the picture of an ID: (h, w, 3) uint8 for photographs, (h, w, 4) for overlays.
    """

    ids: Sequence[str] = ()
    load: Callable[[str], ByteArray] = _nothing


@dataclass(frozen=True)
class Photograph:
    """Another photograph of whatever size is needed.

    Attributes:
        picture: (h, w, 3) uint8, or None to draw a background.
        seed: what the drawn background depends on.
    """

    picture: ByteArray | None
    seed: int

    def covering(self, size: Size) -> ByteArray:
        """The photograph scaled and cut to a size."""
        return background(self.seed, size) if self.picture is None else covering(self.picture, size)


@dataclass(frozen=True)
class Supplies:
    """What edits may take from outside.

    Attributes:
        photos: other photographs, for collages, blends and pasting one image onto another.
        overlays: small pictures with alpha that take the place of the drawn emoji and logos.
    """

    photos: Album = Album()
    overlays: Album = Album()

    def photograph(self, photo_id: str | None, seed: int) -> Photograph:
        """The photograph of an ID, or one that is drawn from a seed."""
        return Photograph(None if photo_id is None else self.photos.load(photo_id), seed)


DRAWN = Supplies()
"""Nothing from outside: the edits draw all they need."""
