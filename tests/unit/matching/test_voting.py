from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageOps

from copytrace.edits.drawing.scenes import draw_picture
from copytrace.matching import Features, VoteIndex, extract
from copytrace.matching.vocabulary import shipped_vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.records import ByteArray

OTHERS = 12


def _points(picture: Image.Image | ByteArray) -> Features:
    return extract(np.asarray(picture), learned=False)


@pytest.fixture(scope="module")
def drawn() -> list[Features]:
    return [_points(draw_picture(seed)) for seed in range(OTHERS)]


@pytest.fixture(scope="module")
def index(photo: ByteArray, other: ByteArray, drawn: list[Features]) -> VoteIndex:
    """The first reference is `photo`, the second has no features, and the third is `other`."""
    return VoteIndex([_points(photo), None, _points(other), *drawn])


@pytest.mark.parametrize(
    "edit",
    [
        lambda part: part.resize((140, 100)),
        ImageOps.mirror,
        lambda part: part.rotate(90, expand=True),
        lambda part: ImageOps.posterize(part, 3),
    ],
    ids=["smaller", "mirrored", "turned", "posterised"],
)
def test_a_part_pasted_onto_another_picture_votes_for_its_original(
    photo: ByteArray, index: VoteIndex, edit: Callable[[Image.Image], Image.Image]
) -> None:
    pasted = draw_picture(99).convert("RGB").resize((400, 300))
    pasted.paste(edit(Image.fromarray(photo).crop((100, 40, 380, 240))), (110, 60))
    votes = index.votes(_points(pasted))
    assert votes.shape == (len(index),) == (3 + OTHERS,)
    assert votes.argmax() == 0
    assert votes[0] > 2 * np.sort(votes)[-2]


def test_a_picture_without_points_neither_votes_nor_gets_votes(photo: ByteArray, index: VoteIndex) -> None:
    plain = _points(np.full((50, 50, 3), 127, np.uint8))
    assert not index.votes(plain).any()
    assert index.votes(_points(photo))[1] == 0
    assert VoteIndex([plain, None]).votes(_points(photo)).tolist() == [0, 0]
    assert VoteIndex([]).votes(_points(photo)).tolist() == []


def test_a_point_has_the_same_word_and_signature_whether_it_votes_or_is_voted_for(photo: ByteArray) -> None:
    descriptors = _points(photo).descriptors
    words, signatures = shipped_vocabulary().word(descriptors)
    nearby, their_signatures = shipped_vocabulary().nearby(descriptors)
    same = nearby == words[:, None]
    assert same.sum(axis=1).tolist() == [1] * len(descriptors)
    assert (their_signatures[same] == signatures).all()
