"""An emoji, or an overlay of the user's, on the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.edits.drawing.emoji import EMOJI, emoji
from copytrace.edits.drawing.paste import lay, of_picture, within
from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Free, Graded, OneOf, Overlay
from copytrace.edits.pixels import scaled_size, short_side, size_of
from copytrace.geometry import unmoved

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _emoji(
    image: ByteArray,
    *,
    size: float,
    shape: str,
    overlay: ByteArray | None,
    opacity: float,
    degrees: float,
    x: float,
    y: float,
) -> Edited:
    sprite = emoji(shape) if overlay is None else of_picture(overlay)
    factor = size * short_side(image) / max(size_of(sprite.colours))
    if factor == 0:
        return Edited(image, unmoved(size_of(image)))
    sprite = sprite.resized(scaled_size(size_of(sprite.colours), factor)).turned(degrees).faded(opacity)
    wide, tall = size_of(sprite.colours)
    canvas = image.copy()
    covered = lay(canvas, sprite, within(image.shape[1], wide, x), within(image.shape[0], tall, y))
    return Edited(canvas, unmoved(size_of(image), covered))


EMOJI_OVERLAY = Edit(
    name="emoji",
    family="overlay",
    about="Puts an emoji, an arrow or a similar shape on the image, or an overlay from the user's folder.",
    parameters=(
        Graded("size", 0, 0.7, about="longest side, as a share of the image's short side"),
        OneOf("shape", tuple(EMOJI), about="the shape to draw if no overlay is given"),
        Overlay("overlay", about="the overlay to use"),
        Free("opacity", 0.7, 1, about="opacity of the emoji"),
        Free("degrees", -30, 30, about="rotation"),
        Free("x", 0, 1, about="position, 0 left to 1 right"),
        Free("y", 0, 1, about="position, 0 top to 1 bottom"),
    ),
    transform=_emoji,
    mapping="covers",
)
