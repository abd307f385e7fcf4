"""Shuffle: pixels swap places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.edit import Edit, Edited
from copytrace.edits.parameters import Graded, Seed
from copytrace.edits.pixels import size_of
from copytrace.geometry import unmoved

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def _shuffle(image: ByteArray, *, share: float, seed: int) -> Edited:
    rng = np.random.default_rng(seed)
    picked = rng.random(image.shape[:2], dtype=np.float32) < share
    places = np.flatnonzero(picked)
    shuffled = image.copy()
    pixels = shuffled.reshape(-1, 3)
    pixels[places] = pixels[rng.permutation(places)]
    return Edited(shuffled, unmoved(size_of(image), picked))


SHUFFLE = Edit(
    name="shuffle",
    family="quality",
    about="Swaps a share of all pixels with each other.",
    parameters=(
        Graded("share", 0, 0.4, about="share of pixels that move"),
        Seed("seed", about="random seed of the swaps"),
    ),
    transform=_shuffle,
    mapping="covers",
)
