"""The page on edits says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from copytrace.edits import EDITS, HELD_OUT, MIXES, Edit

PAGE = (Path(__file__).parents[2] / "docs" / "edits.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_every_edit_has_its_row_with_all_parameters_and_ranges(edit: Edit) -> None:
    parameters = (
        "<br>".join(f"`{each.name}` {each.range}: {each.about}" for each in edit.parameters) or "none"
    )

    assert f"| `{edit.name}` | {edit.about} | {parameters} |" in PAGE
    section = PAGE[: PAGE.index(f"| `{edit.name}` |")].rpartition("### ")[2]
    assert section.startswith(f"{edit.family}\n")


def test_the_page_lists_no_removed_edit() -> None:
    assert re.findall(r"^\| `([\w-]+)` \|", PAGE, re.MULTILINE) == [edit.name for edit in EDITS]


def test_mixes_and_what_is_held_out_are_as_in_the_code() -> None:
    for mix in MIXES:
        count, strength = (f"{low:g} to {high:g}" for low, high in (mix.count, mix.strength))
        assert f"| {mix.name} | {mix.share:.0%} | {count} | {strength} |" in PAGE
        assert all(f"{family} {weight:g}" in PAGE for family, weight in mix.weights.items())
    assert ", ".join(f"`{name}`" for name in HELD_OUT).replace("\n", " ") in PAGE.replace("\n", " ")
