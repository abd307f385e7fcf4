"""Colours in L*a*b*."""

from __future__ import annotations

import cv2
import numpy as np

from copytrace.images.lab import lab_colours


def test_colours_are_those_of_opencv() -> None:
    every_fifth = np.stack(np.meshgrid(*[np.arange(0, 256, 5, np.uint8)] * 3), axis=-1).reshape(52, -1, 3)
    some = np.random.default_rng(0).integers(0, 256, (64, 4096, 3), dtype=np.uint8)

    for picture in (every_fifth, some):
        np.testing.assert_array_equal(lab_colours(picture), cv2.cvtColor(picture, cv2.COLOR_RGB2LAB))
