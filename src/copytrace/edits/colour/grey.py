"""Grey: no colour left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.pixels import grey_of

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _grey(image: ByteArray) -> Edited:
    return Edited(np.repeat(grey_of(image)[..., None], 3, axis=2))


GREY = Edit(
    name="grey",
    family="colour",
    about="Removes the colour.",
    parameters=(),
    transform=_grey,
)
