"""Every verifier finds copies, straight and mirrored, gives the same evidence each time, and accepts any picture."""

from __future__ import annotations

import pickle
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.edits.drawing.scenes import draw_picture
from copytrace.errors import InputError
from copytrace.matching import VERIFIERS, Subject

if TYPE_CHECKING:
    from copytrace.matching import Evidence, Verifier
    from copytrace.records import ByteArray

ORIGINAL = np.asarray(draw_picture(3))
ODD = {
    "one pixel": np.full((1, 1, 3), 128, np.uint8),
    "one pixel wide": np.arange(600, dtype=np.uint8).reshape(200, 1, 3),
    "one colour": np.full((300, 400, 3), 200, np.uint8),
    "very long": np.tile(ORIGINAL[:8, :300], (1, 40, 1)),
    "large": np.repeat(np.repeat(ORIGINAL, 6, axis=0), 6, axis=1),
}
every_verifier = pytest.mark.parametrize("verifier", VERIFIERS, ids=lambda verifier: verifier.name)


def _subject(verifier: Verifier, picture: ByteArray) -> Subject:
    return Subject(verifier.extract(np.ascontiguousarray(picture)))


def _told(evidence: Evidence | None) -> object:
    return None if evidence is None else {**asdict(evidence), "matrix": evidence.matrix.tolist()}


@every_verifier
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_crop_is_found_where_it_was_cut_out(verifier: Verifier, mirrored: bool) -> None:  # noqa: FBT001
    height, width = ORIGINAL.shape[:2]
    left, top, right, bottom = width // 6, height // 8, width * 5 // 6, height
    crop = ORIGINAL[top:bottom, left:right]
    query = _subject(verifier, crop[:, ::-1] if mirrored else crop)
    evidence = verifier.verify(query, _subject(verifier, ORIGINAL))
    assert evidence is not None
    assert evidence.mirrored == mirrored
    corner = evidence.matrix @ (right - left if mirrored else 0, 0, 1)
    assert corner[:2] / corner[2] == pytest.approx((left, top), abs=width / 100)


@every_verifier
def test_evidence_does_not_depend_on_what_was_compared_before(verifier: Verifier) -> None:
    pictures = [ORIGINAL, ORIGINAL[20:, :-20], np.asarray(draw_picture(4))]
    query, *references = [_subject(verifier, picture) for picture in pictures]
    forth = [_told(verifier.verify(query, reference)) for reference in references]
    back = [_told(verifier.verify(query, reference)) for reference in reversed(references)]
    repeated = [
        _told(verifier.verify(_subject(verifier, ORIGINAL), _subject(verifier, picture)))
        for picture in pictures[1:]
    ]
    assert forth == back[::-1] == repeated
    assert forth[0] is not None


@every_verifier
@pytest.mark.parametrize("picture", ODD.values(), ids=ODD)
def test_any_picture_can_be_compared(verifier: Verifier, picture: ByteArray) -> None:
    odd, original = _subject(verifier, picture), _subject(verifier, ORIGINAL)
    assert odd.features.size == picture.shape[1::-1]
    for pair in ((odd, original), (original, odd), (odd, odd)):
        evidence = verifier.verify(*pair)
        assert evidence is None or np.isfinite(evidence.matrix).all()


@every_verifier
@pytest.mark.parametrize("picture", [ORIGINAL, *ODD.values()], ids=["a scene", *ODD])
def test_packed_features_come_back(verifier: Verifier, picture: ByteArray) -> None:
    features = verifier.extract(picture)
    packed = verifier.pack(features)
    back = verifier.unpack(packed)
    assert (back.size, len(back), back.look.shape) == (features.size, len(features), features.look.shape)
    assert np.array_equal(back.descriptors, features.descriptors)
    assert np.abs(back.points - features.points).max(initial=0) < 1e-4


@every_verifier
@pytest.mark.parametrize("damage", [b"", b"\0", b"not features at all" * 9])
def test_bytes_that_are_no_features_are_refused(verifier: Verifier, damage: bytes) -> None:
    with pytest.raises(InputError):
        verifier.unpack(damage)


@every_verifier
def test_features_that_are_cut_off_are_refused(verifier: Verifier) -> None:
    packed = verifier.pack(verifier.extract(ORIGINAL))
    with pytest.raises(InputError):
        verifier.unpack(packed[: len(packed) // 2])


def test_a_verifier_has_a_name_and_a_layout_of_its_own_and_can_be_sent_to_workers() -> None:
    assert len({verifier.name for verifier in VERIFIERS}) == len(VERIFIERS)
    assert len({verifier.layout for verifier in VERIFIERS}) == len(VERIFIERS)
    assert pickle.loads(pickle.dumps(VERIFIERS)) == VERIFIERS
