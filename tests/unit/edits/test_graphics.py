from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits.drawing import graphics

if TYPE_CHECKING:
    import numpy.typing as npt


def test_two_graphics_of_one_kind_differ_in_a_tenth_of_their_pixels_and_more() -> None:
    for kind in graphics._KINDS:
        first, second = (_drawn(kind, seed) for seed in range(2))
        assert (np.abs(first - second).max(axis=2) > 32).mean() > 0.1, kind.__name__


def _drawn(kind: graphics.Kind, seed: int) -> npt.NDArray[np.int16]:
    sheet = graphics.Sheet(np.random.default_rng(seed))
    kind(sheet)
    return np.asarray(sheet.image.resize((96, 96)), np.int16)
