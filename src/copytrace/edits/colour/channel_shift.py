"""Channel shift: red, green and blue each lighter or darker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded
from copytrace.edits.pixels import through_table

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _channel_shift(image: ByteArray, *, red: float, green: float, blue: float) -> Edited:
    return Edited(through_table(image, np.arange(256)[:, None] + (red, green, blue)))


CHANNEL_SHIFT = Edit(
    name="channel-shift",
    family="colour",
    about="Adds a different amount to red, green and blue.",
    parameters=(
        Graded("red", 0, 90, either="minus", about="added to red, of 255"),
        Graded("green", 0, 90, either="minus", about="added to green, of 255"),
        Graded("blue", 0, 90, either="minus", about="added to blue, of 255"),
    ),
    transform=_channel_shift,
)
