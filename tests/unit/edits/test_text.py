from __future__ import annotations

import numpy as np
import pytest

from copytrace.edits.drawing.fonts import FONTS, font_digests, font_for
from copytrace.edits.drawing.text import fitted_text, text_mask
from copytrace.edits.drawing.words import WORDS


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("script", WORDS)
def test_every_script_is_set_without_missing_letters_whatever_the_font(font: str, script: str) -> None:
    # A font draws the same box for every letter that it does not contain.
    missing = text_mask("\uffff", pixels=40, name=font)
    letters = sorted(set(WORDS[script]) - {" "})

    masks = [text_mask(letter, pixels=40, name=font_for(WORDS[script], font)) for letter in letters]

    assert not any(np.array_equal(mask, missing) for mask in masks)


@pytest.mark.parametrize("script", ["latin", "latin-accents", "greek", "cyrillic", "armenian"])
def test_capitals_are_set_without_missing_letters(script: str) -> None:
    missing = text_mask("\uffff", pixels=40)

    for letter in set(WORDS[script].upper()) - {" "}:
        assert not np.array_equal(text_mask(letter, pixels=40, name=font_for(letter, "sans")), missing), (
            letter
        )


def test_hebrew_is_set_from_right_to_left() -> None:
    assert np.array_equal(text_mask("אב", pixels=30), text_mask("אב", pixels=30))
    right_half = text_mask("אב", pixels=60)[:, -20:]
    alone = text_mask("א", pixels=60)

    assert np.array_equal(right_half[:, -10:], alone[: len(right_half), -10:])


def test_text_is_broken_into_lines_of_the_width_given() -> None:
    wide = text_mask("one two three four", pixels=20)
    narrow = text_mask("one two three four", pixels=20, width=80)

    assert narrow.shape[1] <= 80
    assert narrow.shape[0] > 2 * wide.shape[0]


@pytest.mark.parametrize("room", [(300, 80), (90, 200), (40, 12)])
def test_fitted_text_fits_and_fills(room: tuple[int, int]) -> None:
    mask = fitted_text("follow and share", room)

    assert mask.shape[1] <= room[0]
    assert mask.shape[0] <= room[1]
    assert max(mask.shape[1] / room[0], mask.shape[0] / room[1]) > 0.6


def test_fonts_are_those_that_earlier_recipes_were_drawn_with() -> None:
    assert {name: digest[:12] for name, digest in font_digests().items()} == {
        "DejaVuSans-Bold.ttf": "b184b89e3c10",
        "DejaVuSans.ttf": "3fdf69cabf06",
        "DejaVuSansMono-Bold.ttf": "baada9a5172f",
        "DejaVuSerif-BoldItalic.ttf": "d93efec7a9d2",
        "DejaVuSerif.ttf": "107244956e99",
    }


def test_a_font_gives_way_only_to_one_that_has_every_letter() -> None:
    assert font_for("Ελλάδα", "serif-italic") == "serif-italic"
    assert font_for("שלום", "serif-italic") == "sans"
    assert font_for("naïve", "mono") == "mono"
