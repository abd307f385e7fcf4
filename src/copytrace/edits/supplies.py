"""The pictures that some edits combine with the edited one: other photographs, and small overlays.

A recipe records their IDs, so that it can be replayed wherever the same pictures are available. If none are given, the
edits draw a background or a shape of their own.
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
        f"picture {picture_id!r}: is not available; the recipe needs the pictures it was drawn with."
    )


@dataclass(frozen=True)
class Album:
    """Pictures that are loaded on demand.

    Attributes:
        ids: their IDs in recipes, in a fixed order.
        load: returns the picture for an ID: (h, w, 3) uint8 for photographs, (h, w, 4) for overlays.
    """

    ids: Sequence[str] = ()
    load: Callable[[str], ByteArray] = _nothing


@dataclass(frozen=True)
class Photograph:
    """Another photograph of any size.

    Attributes:
        picture: (h, w, 3) uint8, or None to draw a background.
        seed: seed of the drawn background.
    """

    picture: ByteArray | None
    seed: int

    def covering(self, size: Size) -> ByteArray:
        """The photograph scaled and cut to a size."""
        return background(self.seed, size) if self.picture is None else covering(self.picture, size)


@dataclass(frozen=True)
class Supplies:
    """External pictures that edits may use.

    Attributes:
        photos: other photographs, for collages, blends and pasting one image onto another.
        overlays: small pictures with alpha that replace the drawn emoji and logos.
    """

    photos: Album = Album()
    overlays: Album = Album()

    def photograph(self, photo_id: str | None, seed: int) -> Photograph:
        """The photograph with this ID, or one drawn from a seed."""
        return Photograph(None if photo_id is None else self.photos.load(photo_id), seed)


DRAWN = Supplies()
"""No external pictures: the edits draw everything themselves."""
