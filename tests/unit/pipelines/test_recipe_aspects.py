from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from copytrace.errors import SubmissionError
from copytrace.pipelines.recipe_aspects import recipe_aspects
from copytrace.progress import SilentProgress
from copytrace.records import Truth

if TYPE_CHECKING:
    from pathlib import Path

TRUTH = Truth(["Q1", "Q2", "Q3"], ["Q1", "Q2"], ["R1", "R2"])


class Notes(SilentProgress):
    """Records messages."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, message: str) -> None:
        self.said.append(message)


def step(edit: str, strength: float | None = None) -> dict[str, Any]:
    return {"edit": edit, "strength": strength}


def line(number: int, *steps: dict[str, Any], **other: object) -> dict[str, Any]:
    return {"query": f"Q{number}", "reference": f"R{number}", "steps": list(steps)} | other


def groups(
    folder: Path, *lines: dict[str, Any], notes: Notes | None = None
) -> dict[str, dict[str, list[int]]]:
    """The numbers of the queries of each group, by the aspect's key and the group's name."""
    path = folder / "recipe.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    return {
        aspect.key: {" ".join(group.names): group.queries.nonzero()[0].tolist() for group in aspect.groups}
        for aspect in recipe_aspects(path, TRUTH, notes or Notes())
    }


def test_a_copy_counts_in_the_group_of_each_of_its_edits_once(tmp_path: Path) -> None:
    found = groups(
        tmp_path, line(1, step("crop"), step("blur"), step("sharpen"), step("blur")), line(2, step("blur"))
    )

    assert found["edit"] == {"geometry crop": [0], "quality blur": [0, 1], "quality sharpen": [0]}
    assert found["family"] == {"geometry": [0], "quality": [0, 1]}
    assert found["edits"] == {"1": [1], "4": [0]}


def test_groups_stand_in_the_order_in_which_people_think_of_them(tmp_path: Path) -> None:
    found = groups(
        tmp_path,
        line(1, step("teleport"), step("oil"), step("blur"), *[step("crop")] * 8, mix="adversarial"),
        line(2, step("vflip"), step("crop"), mix="light"),
    )

    assert list(found["mix"]) == ["light", "adversarial"]
    assert list(found["edits"]) == ["2", "11"]
    assert list(found["family"]) == ["geometry", "quality", "artistic", "other"]
    assert list(found["edit"]) == [
        "geometry crop", "geometry vflip", "quality blur", "artistic oil", "other teleport",
    ]  # fmt: skip


def test_the_strongest_edit_says_how_strong_a_copy_is(tmp_path: Path) -> None:
    found = groups(
        tmp_path,
        line(1, step("crop", 0.25), step("blur", 1), step("jpeg", 0.1), step("hflip")),
        line(2, step("crop", 0), step("skew", 0.2499)),
    )

    assert found["strength"] == {"0 to 0.25": [1], "0.75 to 1": [0]}
    assert found["family_strength"] == {
        "geometry 0 to 0.25": [1],
        "geometry 0.25 to 0.5": [0],
        "quality 0.75 to 1": [0],
    }


def test_visible_shares_fall_into_bins_that_hold_their_lower_edge(tmp_path: Path) -> None:
    found = groups(
        tmp_path,
        line(1, visible={"of_reference": 0.9, "of_query": 0}),
        line(2, visible={"of_reference": 1}),
    )

    assert found["visible_of_reference"] == {"90% to 100%": [0, 1]}
    assert found["visible_of_query"] == {"0% to 25%": [0]}


def test_edits_that_are_held_out_by_default_are_shown_apart_under_any_name(tmp_path: Path) -> None:
    found = groups(tmp_path, line(1, step("crop"), step("shuffle_pixels")), line(2, step("crop")))

    assert found["held_out"] == {"with one": [0], "without": [1]}


def test_what_the_recipe_does_not_say_makes_no_aspect(tmp_path: Path) -> None:
    assert groups(tmp_path, line(1), line(2)).keys() == {"edits", "held_out"}


def test_queries_without_a_copy_are_in_no_group(tmp_path: Path) -> None:
    found = groups(
        tmp_path, line(1, step("crop")), line(2), {"query": "Q3", "reference": None, "steps": [step("oil")]}
    )

    assert found["edit"] == {"geometry crop": [0]}


def test_unknown_edits_are_kept_and_reported(tmp_path: Path) -> None:
    notes = Notes()
    names = ["a", "b", "c", "d", "e", "f", "crop", "screenshot"]
    groups(tmp_path, line(1, *map(step, names)), line(2), notes=notes)

    (said,) = notes.said
    assert "unknown edits are listed under the family 'other': a, b, c, d, e and 1 more." in said


def test_a_recipe_that_differs_from_the_truth_is_reported(tmp_path: Path) -> None:
    notes = Notes()
    found = groups(tmp_path, line(1, step("x"), reference="R7"), notes=notes)

    assert found["edit"] == {"other x": [0]}
    assert "has no line for 1 copies of the ground truth; they are in no group" in notes.said[0]
    assert (
        "names another reference than the ground truth for 1 copies; the ground truth is used"
        in notes.said[1]
    )
    assert notes.said[2].endswith("the family 'other': x. Known ones: copytrace edit --list")


def test_the_recipe_of_other_queries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SubmissionError, match="has no line for any of the ground truth's 2 copies, such as Q1"
    ):
        groups(tmp_path, line(3), line(4))
