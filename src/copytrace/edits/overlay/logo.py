"""A logo or watermark in a corner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.edits.drawing.logos import logo
from copytrace.edits.drawing.paste import lay, of_picture, within
from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Free, Graded, OneOf, Overlay, Seed
from copytrace.edits.pixels import scaled_size, size_of
from copytrace.geometry import unmoved

if TYPE_CHECKING:
    from copytrace.records import ByteArray

# Distance of each corner from the border, as a share of the spare room.
_CORNERS = {
    "top-left": (0.06, 0.05),
    "top-right": (0.94, 0.05),
    "bottom-left": (0.06, 0.95),
    "bottom-right": (0.94, 0.95),
    "centre": (0.5, 0.5),
}


def _logo(
    image: ByteArray, *, width: float, corner: str, seed: int, overlay: ByteArray | None, opacity: float
) -> Edited:
    sprite = logo(seed) if overlay is None else of_picture(overlay)
    factor = min(
        width * image.shape[1] / sprite.colours.shape[1], width * image.shape[0] / sprite.colours.shape[0]
    )
    if factor == 0:
        return Edited(image, unmoved(size_of(image)))
    sprite = sprite.resized(scaled_size(size_of(sprite.colours), factor)).faded(opacity)
    wide, tall = size_of(sprite.colours)
    x, y = _CORNERS[corner]
    canvas = image.copy()
    covered = lay(canvas, sprite, within(image.shape[1], wide, x), within(image.shape[0], tall, y))
    return Edited(canvas, unmoved(size_of(image), covered))


LOGO = Edit(
    name="logo",
    family="overlay",
    about="Puts the logo of an invented firm, or an overlay from the user's folder, into a corner.",
    parameters=(
        Graded("width", 0, 0.8, about="width of the logo, as a share of the image's"),
        OneOf("corner", tuple(_CORNERS), about="its position"),
        Seed("seed", about="random seed of the drawn logo"),
        Overlay("overlay", about="the overlay to use instead of a drawn logo"),
        Free("opacity", 0.5, 1, about="opacity of the logo"),
    ),
    transform=_logo,
    mapping="covers",
)
