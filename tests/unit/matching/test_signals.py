from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from copytrace.edits.drawing.forms import draw_form
from copytrace.matching import Subject, extract, verify
from copytrace.matching.signals import SIGNALS, signals_of

if TYPE_CHECKING:
    from copytrace.records import ByteArray


def signal(name: str, query: ByteArray, reference: ByteArray) -> float:
    """The value of a signal for a pair."""
    return float(
        signals_of(verify(Subject(extract(query)), Subject(extract(reference))))[SIGNALS.index(name)]
    )


def test_pages_of_one_template_are_inconsistent_and_copies_are_not(photo: ByteArray) -> None:
    one, other = (np.asarray(draw_form(17, seed)) for seed in range(2))
    smaller = np.asarray(cv2.resize(one, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA))
    assert signal("consistent", other, one) < -0.2
    assert signal("consistent", smaller, one) > -0.02
    covered = photo.copy()
    covered[50:150, 100:250] = 255
    assert signal("consistent", covered, photo) == 0


def test_few_points_found_again_speak_against_a_copy_if_its_best_cells_match_to_the_pixel(
    photo: ByteArray,
) -> None:
    one, other = (np.asarray(draw_form(2013, seed)) for seed in range(2))
    cropped = np.ascontiguousarray(one[: one.shape[0] // 2])
    blurred = np.asarray(cv2.GaussianBlur(photo, (0, 0), 2))
    assert signal("kept", other, one) < -0.3
    assert signal("kept", one, one) == 0
    assert signal("kept", cropped, one) > -0.2
    assert signal("kept", blurred, photo) > -0.1


def test_without_a_mapping_there_are_no_signals() -> None:
    assert np.isnan(signals_of(None)).all()
