"""A photograph of a screen that shows the image: from an angle, with moire and glare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from copytrace.edits.drawing.backgrounds import background
from copytrace.edits.edit import Edit, Edited
from copytrace.edits.geometry.perspective import corners_to_source
from copytrace.edits.parameters import Graded, Seed
from copytrace.edits.pixels import blurred, exact, scaled_size, short_side, size_of, through_table
from copytrace.geometry import Projective, Size

if TYPE_CHECKING:
    from copytrace.records import ByteArray, FloatArray

# The dark frame of a screen, as a share of the space around the image.
_BEZEL = 0.35
# How dark the lines between the screen's pixels are in a photograph, and how bright a lamp's reflection is.
_MOIRE, _GLARE = 0.16, 150


def _screen_photo(
    image: ByteArray, *, margin: float, tilt: float, moire: float, glare: float, seed: int
) -> Edited:
    rng = np.random.default_rng(seed)
    size = size_of(image)
    shown = _with_moire(image, moire, rng)
    border = round(margin * short_side(image) * (1 - _BEZEL))
    bezel = round(margin * short_side(image) * _BEZEL)
    screen = exact(cv2.copyMakeBorder(shown, *(bezel,) * 4, cv2.BORDER_CONSTANT, value=(16, 16, 18)))
    wide, tall = size_of(screen)
    canvas_size = (wide + 2 * border, tall + 2 * border)
    inward = rng.uniform(0, tilt, (4, 2)) + np.array([border / canvas_size[0], border / canvas_size[1]])
    # From the photograph to the screen with its frame as if it filled the canvas, then to its own size.
    to_screen = np.diag([wide / canvas_size[0], tall / canvas_size[1], 1]) @ corners_to_source(
        canvas_size, inward
    )
    photo = _on_a_table(screen, to_screen, canvas_size, seed)
    to_source = np.array([[1, 0, -bezel], [0, 1, -bezel], [0, 0, 1]]) @ to_screen
    lit = _lit(blurred(photo, 0.0015 * moire * short_side(image)), glare, rng)
    return Edited(lit, Projective(canvas_size, size, to_source))


def _with_moire(image: ByteArray, amount: float, rng: np.random.Generator) -> ByteArray:
    """The interference of the screen's grid with the camera's: wide slanted waves, slightly different per colour."""
    if amount == 0:
        return image
    width, height = size_of(image)
    cycles = rng.uniform(6, 22, 2) * rng.choice([-1, 1], 2)
    x, y = np.arange(width, dtype=np.float32) / width, np.arange(height, dtype=np.float32) / height
    bend = np.sin(y * np.float32(rng.uniform(1, 4)))[:, None] * np.float32(rng.uniform(0.1, 0.5))
    turns = x[None, :] * np.float32(cycles[0]) + y[:, None] * np.float32(cycles[1]) + bend
    step = (turns * np.float32(256)).astype(np.int32).astype(np.uint8)
    angles = np.arange(256)[:, None] * (2 * np.pi / 256) + np.array([0, 0.9, 1.8])
    gain = through_table(exact(cv2.merge([step] * 3)), 255 * (1 - amount * _MOIRE * (1 + np.sin(angles)) / 2))
    return exact(cv2.multiply(image, gain, scale=1 / 255)).reshape(image.shape)


def _on_a_table(screen: ByteArray, to_screen: FloatArray, size: Size, seed: int) -> ByteArray:
    """The screen seen from an angle, in front of a dark, blurred background."""
    centre = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    matrix = np.linalg.inv(centre) @ to_screen @ centre
    room = exact(background(seed, size) // 2)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cv2.warpPerspective(screen, matrix, size, dst=room, flags=flags, borderMode=cv2.BORDER_TRANSPARENT)
    return room


def _lit(image: ByteArray, amount: float, rng: np.random.Generator) -> ByteArray:
    """A soft spot of light, like a window's reflection on glass, and less light towards the corners."""
    if amount == 0:
        return image
    width, height = size_of(image)
    coarse = scaled_size((width, height), 48 / max(width, height))
    x, y = np.meshgrid(*(np.linspace(0, 1, side, dtype=np.float32) for side in coarse))
    spot_x, spot_y, wide = rng.uniform(0.1, 0.9), rng.uniform(0.05, 0.6), rng.uniform(0.12, 0.3)
    slant = rng.uniform(-0.6, 0.6)
    across = (x - spot_x + slant * (y - spot_y)) / wide
    spot = np.exp(-(across**2) - ((y - spot_y) / (2 * wide)) ** 2) * (amount * _GLARE)
    vignette = 255 * (1 - 0.7 * amount * ((x - 0.5) ** 2 + (y - 0.5) ** 2))
    light, shade = (
        cv2.merge([cv2.resize(field.astype(np.uint8), (width, height))] * 3) for field in (spot, vignette)
    )
    return exact(cv2.add(cv2.multiply(image, shade, scale=1 / 255), light)).reshape(image.shape)


SCREEN_PHOTO = Edit(
    name="screen-photo",
    family="frame",
    about="Photographs the image on a screen: from an angle, with its frame, moire and glare.",
    parameters=(
        Graded("margin", 0, 0.4, about="space around the image on each side, as a share of the short side"),
        Graded("tilt", 0, 0.16, about="the largest shift of a corner, as a share of width and height"),
        Graded("moire", 0, 1, about="strength of the waves from the screen's pixels"),
        Graded("glare", 0, 1, about="strength of the light that the glass reflects"),
        Seed("seed", about="random seed of the angle, the waves, the light and the room"),
    ),
    transform=_screen_photo,
    mapping="moves",
)
