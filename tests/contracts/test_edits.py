"""Requirements of every edit: reproducible bytes, little change at strength 0, and a correct mapping."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
import pytest
from PIL import Image

from copytrace.edits import EDITS, Album, Edit, Edited, Supplies, as_pixels, by_name
from copytrace.edits.parameters import OneOf, Paint, Params
from copytrace.errors import EditError
from copytrace.geometry import Field, Projective, unmoved, visible

if TYPE_CHECKING:
    from copytrace.records import ByteArray

STRENGTHS = (0.3, 1.0)
GRADED = tuple(edit for edit in EDITS if edit.has_strength)
MOVING = tuple(edit for edit in EDITS if edit.mapping == "moves")

all_edits = pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)


def _photo(width: int, height: int, seed: int = 0) -> ByteArray:
    """Something with edges, colours and smooth parts, like a photograph."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))


PHOTO = _photo(200, 150)
SUPPLIES = Supplies(
    photos=Album(
        ("a", "b", "c", "d"), {name: _photo(90, 120, i) for i, name in enumerate("abcd")}.__getitem__
    ),
    overlays=Album(("dot",), {"dot": np.full((20, 30, 4), 180, np.uint8)}.__getitem__),
)


def _draw(edit: Edit, strength: float, number: int = 0, supplies: Supplies = SUPPLIES) -> Params:
    """Parameters from a seed, with each choice used in turn."""
    params = edit.draw(np.random.default_rng([crc32(edit.name.encode()), number]), strength, supplies)
    for parameter in edit.parameters:
        if isinstance(parameter, OneOf):
            params[parameter.name] = parameter.options[number % len(parameter.options)]
    return params


@all_edits
@pytest.mark.parametrize("supplies", [Supplies(), SUPPLIES], ids=["drawn", "given"])
def test_the_same_seed_gives_the_same_bytes(edit: Edit, supplies: Supplies) -> None:
    def once() -> Edited:
        return edit.apply(PHOTO, edit.draw(np.random.default_rng(5), 0.7, supplies), supplies)

    assert once().image.tobytes() == once().image.tobytes()


@all_edits
def test_parameters_that_went_through_json_give_the_same_bytes(edit: Edit) -> None:
    for number, strength in enumerate(STRENGTHS):
        params = _draw(edit, strength, number)

        kept = json.loads(json.dumps(params))

        assert kept == params
        assert (
            edit.apply(PHOTO, kept, SUPPLIES).image.tobytes()
            == edit.apply(PHOTO, params, SUPPLIES).image.tobytes()
        )


@pytest.mark.parametrize("edit", GRADED, ids=lambda edit: edit.name)
@pytest.mark.parametrize("number", range(3))
def test_strength_0_leaves_the_picture_as_it_is_within_a_mean_of_2_of_255(edit: Edit, number: int) -> None:
    edited = edit.apply(PHOTO, _draw(edit, 0, number), SUPPLIES)

    height, width = edited.image.shape[:2]
    centres = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), axis=2).reshape(-1, 2)
    found = (edited.mapping or unmoved((width, height))).to_reference(centres)
    shown = ~np.isnan(found[:, 0])
    column, row = np.minimum(found[shown], (199.5, 149.5)).astype(int).T
    difference = PHOTO[row, column].astype(int) - edited.image.reshape(-1, 3)[shown]
    assert shown.mean() > 0.98
    assert np.abs(difference).mean() <= 2


@pytest.mark.parametrize("edit", GRADED, ids=lambda edit: edit.name)
def test_full_strength_changes_the_picture(edit: Edit) -> None:
    edited = edit.apply(PHOTO, _draw(edit, 1), SUPPLIES)

    assert edited.image.shape != PHOTO.shape or np.abs(edited.image.astype(int) - PHOTO).mean() > 1


@all_edits
def test_an_edit_declares_correctly_whether_it_keeps_covers_or_moves_pixels(edit: Edit) -> None:
    edited = edit.apply(PHOTO, _draw(edit, 0.5), SUPPLIES)

    if edit.mapping == "keeps":
        assert edited.mapping is None
        assert edited.image.shape == PHOTO.shape
    else:
        assert edited.mapping is not None
        assert edited.mapping.size == edited.image.shape[1::-1]
        assert edited.mapping.source_size == (200, 150)
    if edit.mapping == "covers":
        assert edited.mapping is not None
        assert edited.mapping.matrix is not None
        assert edited.mapping.matrix.tolist() == np.eye(3).tolist()
        assert edited.image.shape == PHOTO.shape


@all_edits
def test_the_input_is_neither_changed_nor_returned(edit: Edit) -> None:
    for strength in (0.0, 1.0):
        image = PHOTO.copy()

        edited = edit.apply(image, _draw(edit, strength), SUPPLIES)

        assert np.array_equal(image, PHOTO)
        assert not np.may_share_memory(edited.image, image)
        edited.image[0, 0] = 0


SIZES = {
    "1 x 1": (1, 1),
    "1 x 5000": (1, 5000),
    "5000 x 1": (5000, 1),
    "16 x 16": (16, 16),
    "8000 x 40": (8000, 40),
    "3 x 7": (3, 7),
}


@all_edits
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_odd_sizes_give_a_picture_of_rgb_bytes(edit: Edit, size: tuple[int, int]) -> None:
    image = _photo(*size)
    for number, strength in enumerate((0.0, 0.5, 1.0)):
        edited = edit.apply(image, _draw(edit, strength, number), SUPPLIES)

        assert edited.image.dtype == np.uint8
        assert edited.image.ndim == 3
        assert edited.image.shape[2] == 3
        assert min(edited.image.shape) >= 1
        assert max(edited.image.shape) <= 32_000
        assert edited.image.flags.c_contiguous


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "CMYK"])
def test_pictures_of_every_mode_can_be_edited(mode: str) -> None:
    pixels = as_pixels(Image.fromarray(PHOTO).convert("L" if mode == "LA" else "RGB").convert(mode))

    assert pixels.shape == (150, 200, 3)
    assert pixels.dtype == np.uint8


# Hues that differ clearly from the grey ground, from the colours of frames and from each other.
LANDMARKS = {
    (75, 65): (255, 0, 0),
    (225, 70): (0, 200, 0),
    (150, 115): (0, 0, 255),
    (85, 165): (230, 0, 230),
    (220, 170): (0, 210, 210),
}
RADIUS = 11


def _landmark_image() -> ByteArray:
    image = np.full((230, 300, 3), 128, np.uint8)
    rows, columns = np.mgrid[:230, :300] + 0.5
    for (x, y), colour in LANDMARKS.items():
        image[np.hypot(columns - x, rows - y) < RADIUS] = colour
    return image


def _likeness(image: ByteArray, colour: tuple[int, int, int]) -> np.ndarray:
    """How much of a landmark's colour is in each pixel, distinguished from grey by the difference of the channels."""
    wanted = np.array(colour) - np.mean(colour)
    found = image - image.mean(axis=2, keepdims=True)
    along = found @ wanted / (wanted @ wanted)
    aside = np.linalg.norm(found - along[..., None] * wanted, axis=2) / np.linalg.norm(wanted)
    return np.where(aside < 0.25, np.clip((along - 0.35) / 0.5, 0, 1), 0)


@pytest.mark.parametrize("edit", MOVING, ids=lambda edit: edit.name)
@pytest.mark.parametrize("number", range(6))
def test_landmarks_are_found_within_2_pixels_of_where_the_mapping_says(edit: Edit, number: int) -> None:
    image = _landmark_image()
    grey = Supplies(photos=Album(("grey",), lambda _: np.full((50, 50, 3), 128, np.uint8)))
    params = _draw(edit, (0.2, 0.4, 0.6)[number % 3], number, grey)
    # Filled areas are grey, and the light is even: otherwise they would look like part of a landmark.
    params |= {each.name: [128, 128, 128] for each in edit.parameters if isinstance(each, Paint)}
    params |= {name: 0 for name in ("moire", "glare") if name in params}

    edited = edit.apply(image, params, grey)

    assert edited.mapping is not None
    height, width = edited.image.shape[:2]
    centres = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), axis=2).reshape(-1, 2)
    sources = edited.mapping.to_reference(centres)
    seen = 0
    for (x, y), colour in LANDMARKS.items():
        expected = np.hypot(*(sources - (x, y)).T) < RADIUS
        weight = _likeness(edited.image, colour).ravel()
        weight[np.isnan(sources[:, 0])] = 0
        if not _is_whole((x, y), sources):
            continue
        assert weight.sum() > 0
        assert 0.6 < weight.sum() / expected.sum() < 1.4
        # The centre of a bent disc is not the mapped centre of the disc: both are computed from all its pixels.
        found = (centres * weight[:, None]).sum(axis=0) / weight.sum()
        told = centres[expected].mean(axis=0)
        assert isinstance(edited.mapping, Projective | Field)
        scale = _magnification(edited.mapping, told)
        assert np.hypot(*(found - told)) * scale < 2, (edit.name, params, (x, y))
        seen += 1
    assert seen >= (0 if edit.name == "crop" else 1)


def _is_whole(centre: tuple[int, int], sources: np.ndarray) -> bool:
    """Whether the query shows the whole landmark."""
    distance = np.hypot(*(sources - centre).T)
    angle = np.arctan2(*(sources - centre).T[::-1])
    rim = (distance > RADIUS * 0.8) & (distance < RADIUS * 1.4)
    return len(np.unique(np.floor(angle[rim] * 8 / np.pi))) >= 16


def _magnification(mapping: Projective | Field, point: np.ndarray) -> float:
    """Pixels of the reference per pixel of the query, at that point."""
    beside = mapping.to_reference(point + np.array([[0, 0], [1, 0], [0, 1]]))
    return float(np.nanmax(np.hypot(*(beside[1:] - beside[0]).T)))


@all_edits
def test_a_parameter_out_of_its_range_is_refused(edit: Edit) -> None:
    params = _draw(edit, 0.5)
    for parameter in edit.parameters:
        with pytest.raises(EditError, match=rf"^{edit.name}: {parameter.name} is .*; expected "):
            edit.apply(PHOTO, params | {parameter.name: -1e9}, SUPPLIES)


@all_edits
def test_unknown_and_missing_parameters_are_refused(edit: Edit) -> None:
    params = _draw(edit, 0.5)
    with pytest.raises(EditError, match=f"^{edit.name}: expected the parameters .*; got .*"):
        edit.apply(PHOTO, params | {"nonsense": 1}, SUPPLIES)
    for name in params:
        with pytest.raises(EditError, match=f"^{edit.name}: expected the parameters"):
            edit.apply(PHOTO, {key: value for key, value in params.items() if key != name}, SUPPLIES)


@all_edits
def test_every_drawn_parameter_is_one_that_the_edit_takes(edit: Edit) -> None:
    rng = np.random.default_rng(0)
    for _ in range(40):
        edit.check(edit.draw(rng, float(rng.uniform(0, 1)), SUPPLIES))


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_a_strength_outside_0_to_1_is_refused(strength: float) -> None:
    with pytest.raises(EditError, match=r"crop: strength is .*; expected a number from 0 to 1\."):
        EDITS[0].draw(np.random.default_rng(0), strength)


def test_names_are_distinct_and_a_second_one_of_a_name_raises() -> None:
    assert isinstance(by_name(EDITS), Mapping)
    with pytest.raises(EditError, match="edit 'crop': is registered twice"):
        by_name([*EDITS, EDITS[0]])


@all_edits
def test_every_parameter_is_explained(edit: Edit) -> None:
    assert edit.about.endswith(".")
    assert all(parameter.about and parameter.range for parameter in edit.parameters)


@pytest.mark.parametrize("edit", MOVING, ids=lambda edit: edit.name)
def test_visible_shares_lie_between_0_and_1(edit: Edit) -> None:
    mapping = edit.apply(PHOTO, _draw(edit, 1), SUPPLIES).mapping

    assert mapping is not None
    shares = visible(mapping)
    assert 0 < shares.of_reference <= 1
    assert 0 < shares.of_query <= 1
