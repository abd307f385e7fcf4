from __future__ import annotations

import numpy as np
import pytest

from copytrace.edits import Album, Supplies, find_edit
from copytrace.edits.drawing.words import WORDS
from copytrace.edits.parameters import Free, Graded, OneOf, Paint, Photos, Seed, Words


def test_a_graded_parameter_follows_the_strength_and_nothing_else() -> None:
    quality = Graded("quality", 100, 4, curve="multiplies", whole=True)

    assert [quality.at(strength) for strength in (0, 0.5, 1)] == [100, 20, 4]


def test_a_graded_parameter_may_go_either_way() -> None:
    assert Graded("degrees", 0, 180, either="minus").at(0.5, opposite=True) == -90
    assert Graded("factor", 1, 4, either="inverse").at(1, opposite=True) == 0.25


def test_chance_picks_both_ways_of_a_graded_parameter() -> None:
    rng = np.random.default_rng(0)
    turns = {Graded("degrees", 0, 180, either="minus").draw(rng, 1, Supplies()) for _ in range(30)}

    assert turns == {180, -180}


@pytest.mark.parametrize("value", [None, "30", True, float("nan"), float("inf"), 180.1, -180.1, [1]])
def test_a_graded_parameter_takes_finite_numbers_within_its_bounds_only(value: object) -> None:
    assert not Graded("degrees", 0, 180, either="minus").accepts(value)


def test_a_whole_parameter_takes_no_fraction() -> None:
    assert not Graded("rounds", 1, 5, whole=True).accepts(2.5)


@pytest.mark.parametrize("value", [[0, 0], [0, 0, 256], [0.5, 0, 0], "red", [True, 0, 0], None])
def test_a_colour_is_three_bytes(value: object) -> None:
    assert not Paint("colour").accepts(value)


@pytest.mark.parametrize("value", ["", "a\nb", "x" * 201, 5])
def test_text_is_one_printable_line_of_limited_length(value: object) -> None:
    assert not Words("text").accepts(value)


def test_a_choice_of_numbers_does_not_take_true_for_1() -> None:
    assert not OneOf("count", (1, 2)).accepts(value=True)


def test_seeds_and_free_numbers_stay_in_their_ranges() -> None:
    assert not Seed("seed").accepts(2**32)
    assert not Free("x", 0, 1).accepts(1.5)


def test_photographs_of_one_collage_differ_as_long_as_there_are_enough() -> None:
    supplies = Supplies(photos=Album(("a", "b", "c"), lambda _: np.zeros((2, 2, 3), np.uint8)))
    parameter = Photos("photos", 3)

    for seed in range(10):
        value = parameter.draw(np.random.default_rng(seed), 0.5, supplies)
        assert isinstance(value, list)
        assert sorted(map(str, value)) == ["a", "b", "c"]


def test_a_missing_photograph_is_named() -> None:
    from copytrace.errors import EditError

    with pytest.raises(EditError, match="picture 'lost': is not available"):
        find_edit("blend").apply(np.zeros((5, 5, 3), np.uint8), {"photo": "lost", "seed": 1, "opacity": 0.5})


def test_every_script_is_drawn() -> None:
    rng = np.random.default_rng(1)
    texts = " ".join(str(Words("text").draw(rng, 0.5, Supplies())).lower() for _ in range(300))

    for script, words in WORDS.items():
        assert any(word in texts.split() for word in words.lower().split()), script
