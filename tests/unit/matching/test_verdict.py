from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from copytrace.edits.drawing.forms import draw_form
from copytrace.matching import IN_WORDS, SIGNALS, Agreement, Evidence, Subject, extract, judge, verify
from copytrace.matching.card import card_from_json, shipped_card

if TYPE_CHECKING:
    from copytrace.matching import Verdict
    from copytrace.records import ByteArray


def verdict_on(query: ByteArray, reference: ByteArray) -> Verdict:
    one, other = Subject(extract(query)), Subject(extract(reference))
    return judge(verify(one, other), min(len(one.features), len(other.features))).verdict


@pytest.mark.parametrize("template", range(1000, 1008))
def test_pages_of_one_template_are_no_copies_of_each_other(template: int) -> None:
    first, second = (np.asarray(draw_form(template, page)) for page in range(2))
    assert verdict_on(first, second) not in {"copy", "probable"}


def test_a_photograph_is_found_on_a_page_in_poor_quality(photo: ByteArray) -> None:
    page = np.full((900, 700, 3), 245, np.uint8)
    _, coded = cv2.imencode(
        ".jpg", cv2.resize(photo[40:280, 50:400], None, fx=1.3, fy=1.3), [cv2.IMWRITE_JPEG_QUALITY, 30]
    )
    poor = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    page[300 : 300 + poor.shape[0], 120 : 120 + poor.shape[1]] = poor
    assert verdict_on(page, photo) == "copy"


def test_another_photograph_is_no_copy_and_a_plain_picture_is_unclear(
    photo: ByteArray, other: ByteArray
) -> None:
    assert verdict_on(other, photo) == "none"
    assert verdict_on(np.full((80, 120, 3), 90, np.uint8), photo) == "unclear"


def test_the_card_that_ships_has_a_curve_for_each_signal_and_reads_back() -> None:
    card = shipped_card()
    assert tuple(curve.signal for curve in card.compared.mapped.curves) == SIGNALS
    assert card_from_json(card.to_json()) == card


def test_another_picture_of_a_scene_shares_its_details_and_not_only_its_kind() -> None:
    overlap = Agreement(
        query_share=0.9,
        reference_share=0.9,
        cells=600,
        agreeing=120,
        correlation=0.2,
        texture=0.95,
        sharpest=0.6,
        differing=0,
    )
    alike = Evidence(np.eye(3), False, 80, 30, 28, 20, 0.008, 0.0, overlap)  # noqa: FBT003 - not mirrored
    assert judge(alike, 900).verdict == "none"
    assert judge(replace(alike, inliers=60, found=0.05), 900).verdict == "same_scene"


def test_each_verdict_has_words() -> None:
    assert set(IN_WORDS) == {"copy", "probable", "same_scene", "unclear", "none"}
