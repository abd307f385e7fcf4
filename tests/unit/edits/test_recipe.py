from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from copytrace.edits import (
    HELD_OUT,
    MIXES,
    Album,
    Mix,
    Recipe,
    Step,
    Supplies,
    draw_chain,
    draw_query,
    draw_recipe,
    environment,
    find_edit,
    replay,
)
from copytrace.errors import EditError
from copytrace.geometry import Visible

GRADIENT = np.stack([*np.meshgrid(np.arange(160), np.arange(120)), np.full((120, 160), 90)], axis=2).astype(
    np.uint8
)


def test_a_recipe_that_went_through_json_gives_the_same_bytes_and_mapping() -> None:
    for seed in range(12):
        recipe = draw_recipe(np.random.default_rng(seed), held_out=())
        kept = Recipe.from_json(json.loads(json.dumps(recipe.to_json())))

        first, second = replay(GRADIENT, recipe), replay(GRADIENT, kept)

        assert kept == recipe
        assert first.image.tobytes() == second.image.tobytes()
        points = np.array([[10.0, 10], [30, 20]])
        assert np.array_equal(
            first.mapping.to_reference(points), second.mapping.to_reference(points), equal_nan=True
        )


def test_equal_seeds_draw_equal_recipes() -> None:
    assert draw_recipe(np.random.default_rng(9)) == draw_recipe(np.random.default_rng(9))


def test_recipes_have_1_to_6_edits_none_twice_and_as_many_as_their_mix_says() -> None:
    rng = np.random.default_rng(2)
    for mix in MIXES:
        for _ in range(60):
            names = [step.edit for step in draw_recipe(rng, mixes=[mix]).steps]
            assert mix.count[0] <= len(names) <= mix.count[1]
            assert len(set(names)) == len(names)
            assert all(any(name in group for name in names) for group in mix.always)


def test_strengths_lie_within_those_of_the_mix() -> None:
    rng = np.random.default_rng(3)
    for mix in MIXES:
        strengths = [step.strength for _ in range(30) for step in draw_recipe(rng, mixes=[mix]).steps]
        assert all(
            strength is None or mix.strength[0] <= strength <= mix.strength[1] for strength in strengths
        )


def test_mixes_come_up_as_often_as_their_shares_say() -> None:
    rng = np.random.default_rng(4)
    drawn = [draw_recipe(rng).mix for _ in range(2000)]

    assert sum(mix.share for mix in MIXES) == pytest.approx(1)
    for mix in MIXES:
        assert drawn.count(mix.name) / 2000 == pytest.approx(mix.share, abs=0.04)


def test_held_out_edits_and_families_are_never_drawn() -> None:
    rng = np.random.default_rng(5)
    steps = [step.edit for _ in range(200) for step in draw_recipe(rng).steps]
    without = [step.edit for _ in range(200) for step in draw_recipe(rng, held_out=("overlay", "warp")).steps]

    assert not set(steps) & set(HELD_OUT)
    assert {find_edit(name).family for name in without} == {
        "geometry", "colour", "quality", "frame", "composite", "artistic",
    }  # fmt: skip


def test_a_crop_comes_before_the_image_goes_into_another() -> None:
    rng = np.random.default_rng(6)
    adversarial = next(mix for mix in MIXES if mix.name == "adversarial")

    assert all(draw_recipe(rng, mixes=[adversarial]).steps[0].edit == "crop" for _ in range(40))


def test_holding_out_something_unknown_or_everything_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(EditError, match="held out: blurr is not a known edit or family"):
        draw_recipe(rng, held_out=("blurr",))
    only_warp = Mix("bends", 1, (1, 1), (0.5, 0.5), {"warp": 1})
    with pytest.raises(EditError, match="mix 'bends': no edit is left"):
        draw_recipe(rng, mixes=[only_warp], held_out=("warp",))


def test_no_side_exceeds_the_limit_after_any_step() -> None:
    pad = find_edit("pad").draw(np.random.default_rng(0), 1)
    recipe = Recipe((Step("pad", pad, 1.0), Step("pad", pad, 1.0)), longest_side=100)

    edited = replay(GRADIENT, recipe)

    assert max(edited.image.shape) == 100
    assert edited.mapping.size == edited.image.shape[1::-1]
    assert edited.mapping.source_size == (160, 120)


def test_an_empty_recipe_gives_the_image_as_it_is() -> None:
    edited = replay(Image.fromarray(GRADIENT), Recipe(()))

    assert np.array_equal(edited.image, GRADIENT)
    assert edited.mapping.to_reference(np.array([[3.0, 4.0]])).tolist() == [[3, 4]]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "recipe: has no list `steps`"),
        (
            {"steps": [{"edit": "jpeg", "quality": 16}]},
            "recipe: step 1 is .*; expected {edit, strength, params}",
        ),
        ({"steps": ["hflip"]}, "recipe: step 1 is 'hflip'"),
        ({"steps": [{"edit": "melt", "params": {}}]}, "edit 'melt': is unknown"),
        (
            {"steps": [{"edit": "jpeg", "params": {"quality": 101}}]},
            "jpeg: quality is 101; expected 100 to 4",
        ),
    ],
)
def test_records_that_cannot_be_replayed_are_refused(value: dict[str, object], message: str) -> None:
    with pytest.raises(EditError, match=message):
        Recipe.from_json(value)


def test_a_recipe_reads_as_words() -> None:
    recipe = Recipe((Step("crop", {}, 0.3), Step("hflip", {})))

    assert recipe.in_words() == "crop 0.30, hflip"


def test_a_query_shows_enough_to_be_found() -> None:
    adversarial = [mix for mix in MIXES if mix.name == "adversarial"]
    least = Visible(of_reference=0.15, of_query=0.1)
    for seed in range(8):
        query = draw_query(GRADIENT, np.random.default_rng(seed), mixes=adversarial, least=least)

        assert query.visible.of_reference >= 0.15
        assert query.visible.of_query >= 0.1
        assert np.array_equal(query.image, replay(GRADIENT, query.recipe).image)


def test_a_query_that_cannot_show_enough_is_refused() -> None:
    cover = Mix("cover", 1, (1, 1), (1, 1), {"overlay": 1}, always=(("erase",),))

    with pytest.raises(EditError, match="no recipe of 100 leaves 90% of the image"):
        draw_query(GRADIENT[:20, :20], np.random.default_rng(0), mixes=[cover], least=Visible(0.9, 0))


def test_the_environment_names_versions_and_fonts() -> None:
    facts = environment()

    assert {"copytrace", "numpy", "opencv", "pillow", "freetype", "jpeg", "webp", "fonts"} == set(facts)
    assert json.loads(json.dumps(facts)) == facts


def test_a_chain_accepts_strengths_and_parameters() -> None:
    recipe = draw_chain("crop:0.3, jpeg:quality=30,hflip", np.random.default_rng(0))

    assert [(step.edit, step.strength) for step in recipe.steps] == [
        ("crop", 0.3),
        ("jpeg", 0.5),
        ("hflip", None),
    ]
    assert recipe.steps[1].params == {"quality": 30}


def test_values_in_a_chain_may_hold_commas() -> None:
    recipe = draw_chain("text:0.6:text=HELLO, WORLD:colour=[255,0,0],grey", np.random.default_rng(0))

    assert recipe.steps[0].params["text"] == "HELLO, WORLD"
    assert recipe.steps[0].params["colour"] == [255, 0, 0]
    assert recipe.steps[1].edit == "grey"


@pytest.mark.parametrize(
    ("chain", "message"),
    [
        ("crop:much", "crop: strength is 'much'"),
        ("crop:2", "crop: strength is 2.0; expected"),
        ("hflip:0.5", "hflip: has no strength"),
        ("crop:size=2", "crop: has no parameter size; expected area, ratio, x, y"),
        ("crop:area=2", "crop: area is 2; expected"),
        ("", "edit '': is unknown"),
        pytest.param("rotate:degrees=" + "[" * 100_000, "rotate: degrees is", id="deep nesting"),
        pytest.param("rotate:degrees=" + "9" * 5000, "rotate: degrees is", id="many digits"),
    ],
)
def test_invalid_chains_are_refused(chain: str, message: str) -> None:
    with pytest.raises(EditError, match=message):
        draw_chain(chain, np.random.default_rng(0))


def test_a_photograph_is_recorded_by_its_id() -> None:
    supplies = Supplies(photos=Album(("T1",), lambda _: np.full((9, 9, 3), 200, np.uint8)))

    recipe = draw_chain("blend:1", np.random.default_rng(0), supplies)

    assert recipe.steps[0].params["photo"] == "T1"
    assert (
        replay(np.zeros((4, 4, 3), np.uint8), recipe, supplies).image.tolist() == [[[130, 130, 130]] * 4] * 4
    )
