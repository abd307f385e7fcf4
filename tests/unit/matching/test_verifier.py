from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from copytrace.geometry import corners, project
from copytrace.matching import Subject, extract, verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.records import ByteArray, FloatArray


def crop(picture: ByteArray) -> tuple[ByteArray, FloatArray]:
    return picture[60:240, 100:380], np.array([[1.0, 0, 100], [0, 1, 60], [0, 0, 1]])


def half(picture: ByteArray) -> tuple[ByteArray, FloatArray]:
    return np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)), np.diag(
        [2.0, 2, 1]
    )


def quarter_turn(picture: ByteArray) -> tuple[ByteArray, FloatArray]:
    height = picture.shape[0]
    return np.ascontiguousarray(np.rot90(picture, -1)), np.array([[0.0, 1, 0], [-1, 0, height], [0, 0, 1]])


def mirror(picture: ByteArray) -> tuple[ByteArray, FloatArray]:
    return np.ascontiguousarray(picture[:, ::-1]), np.array(
        [[-1.0, 0, picture.shape[1]], [0, 1, 0], [0, 0, 1]]
    )


def pasted(picture: ByteArray) -> tuple[ByteArray, FloatArray]:
    page = np.full((600, 800, 3), 240, np.uint8)
    page[200:500, 300:751] = picture
    return page, np.array([[1.0, 0, -300], [0, 1, -200], [0, 0, 1]])


def perspective(picture: ByteArray) -> tuple[ByteArray, FloatArray]:
    height, width = picture.shape[:2]
    moved = np.array([[20, 10], [width - 60, 40], [width - 20, height - 50], [10, height - 10]], np.float32)
    there = cv2.getPerspectiveTransform(corners((width, height)).astype(np.float32), moved)
    return np.asarray(cv2.warpPerspective(picture, there, (width, height))), np.linalg.inv(there)


@pytest.mark.parametrize("edit", [crop, half, quarter_turn, mirror, pasted, perspective])
def test_a_copy_is_laid_over_its_original_to_within_a_hundredth(
    photo: ByteArray, subject: Subject, edit: Callable[[ByteArray], tuple[ByteArray, FloatArray]]
) -> None:
    edited, expected = edit(photo)
    evidence = verify(Subject(extract(edited)), subject)
    assert evidence is not None
    assert evidence.mirrored == (edit is mirror)
    inside = project(np.linalg.inv(expected), corners((451, 300)) * 0.5 + (100, 70))
    error = np.hypot(*(project(evidence.matrix, inside) - project(expected, inside)).T)
    assert error.max() < 4.5
    assert evidence.overlap.agreeing > 0.8 * evidence.overlap.cells


def test_each_share_says_how_much_of_a_picture_the_other_shows(photo: ByteArray, subject: Subject) -> None:
    evidence = verify(Subject(extract(crop(photo)[0])), subject)
    assert evidence is not None
    assert evidence.overlap.query_share == pytest.approx(1, abs=0.02)
    assert evidence.overlap.reference_share == pytest.approx(280 * 180 / (451 * 300), abs=0.02)


def test_another_picture_has_no_more_than_a_weak_mapping(other: ByteArray, subject: Subject) -> None:
    evidence = verify(Subject(extract(other)), subject)
    assert evidence is None or evidence.support < 8


def test_pictures_with_nothing_in_them_have_no_evidence(subject: Subject) -> None:
    for size in ((1, 1), (1, 400), (400, 1), (200, 200)):
        plain = Subject(extract(np.zeros((*size, 3), np.uint8)))
        assert verify(plain, subject) is None
        assert verify(subject, plain) is None
        assert verify(plain, plain) is None


def test_the_same_pair_always_gives_the_same_evidence(photo: ByteArray, subject: Subject) -> None:
    first, second = (verify(Subject(extract(perspective(photo)[0])), subject) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.matrix.tolist() == second.matrix.tolist()
    assert first.overlap == second.overlap
