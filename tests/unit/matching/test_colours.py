from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from copytrace.matching.colours import colour_edits

ORIGINAL = np.ascontiguousarray(cv2.resize(data.astronaut(), (192, 192), interpolation=cv2.INTER_AREA))
SAME = np.eye(3)


def recompressed(picture: np.ndarray, quality: int) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1)


def hue_turned(picture: np.ndarray) -> np.ndarray:
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(int) + 30) % 180
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


@pytest.mark.parametrize(
    ("copy", "edits"),
    [
        (recompressed(ORIGINAL, 20), []),
        (cv2.GaussianBlur(ORIGINAL, (0, 0), 2), []),
        (cv2.rectangle(ORIGINAL.copy(), (5, 5), (187, 60), (255, 0, 0), -1), []),
        (hue_turned(ORIGINAL), ["recoloured"]),
        (cv2.convertScaleAbs(ORIGINAL, alpha=1, beta=40), ["made lighter"]),
        (cv2.convertScaleAbs(ORIGINAL, alpha=0.6), ["made darker"]),
        (cv2.cvtColor(cv2.cvtColor(ORIGINAL, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), ["made grey"]),
    ],
)
def test_changes_of_colour_are_named_and_other_edits_are_not(copy: np.ndarray, edits: list[str]) -> None:
    assert colour_edits(copy, ORIGINAL, SAME) == edits


def test_only_what_both_pictures_show_is_compared() -> None:
    pasted = np.zeros((192, 192, 3), np.uint8)
    pasted[48:144, 48:144] = cv2.resize(ORIGINAL, (96, 96), interpolation=cv2.INTER_AREA)
    to_original = np.array([[2.0, 0, -96], [0, 2, -96], [0, 0, 1]])
    assert colour_edits(pasted, ORIGINAL, to_original) == []
