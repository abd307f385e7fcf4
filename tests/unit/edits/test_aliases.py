from __future__ import annotations

from typing import get_args

import pytest

from copytrace.edits import EDITS, OTHER, recognise
from copytrace.edits.aliases import ALIASES, FAMILIES
from copytrace.edits.edit import Family

OURS = {edit.name: edit.family for edit in EDITS}


def test_every_alias_leads_to_an_edit_and_hides_none() -> None:
    assert set(ALIASES.values()) <= OURS.keys()
    assert not (ALIASES.keys() | FAMILIES.keys()) & OURS.keys()
    assert not ALIASES.keys() & FAMILIES.keys()
    assert set(FAMILIES.values()) <= set(get_args(Family))
    assert OTHER not in get_args(Family)


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_own_names_stay_as_they_are(name: str) -> None:
    assert recognise(name) == (name, OURS[name])


@pytest.mark.parametrize(
    ("name", "edit", "family"),
    [
        ("rot90", "quarter-turn", "geometry"),
        ("HFlip", "hflip", "geometry"),
        ("PerspectiveTransform", "perspective", "geometry"),
        ("change_aspect_ratio", "aspect", "geometry"),
        ("bright", "brightness", "colour"),
        ("Grayscale", "grey", "colour"),
        ("satur", "saturation", "colour"),
        ("pixel", "pixelate", "quality"),
        ("Shuffle Pixels", "shuffle", "quality"),
        ("overlay_emoji", "emoji", "overlay"),
        ("OverlayOntoBackgroundImage", "onto", "composite"),
        ("filt", "filt", "quality"),
        ("screenshot", "screenshot", "frame"),
        ("ColorJitter", "ColorJitter", "colour"),
        ("teleport", "teleport", "other"),
    ],
)
def test_names_of_other_tools_are_recognised(name: str, edit: str, family: str) -> None:
    assert recognise(name) == (edit, family)
