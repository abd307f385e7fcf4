from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from copytrace.errors import SubmissionError
from copytrace.submissions import QueryRecipe, RecipeStep, read_recipes

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, *lines: Any) -> Path:
    path = folder / "recipe.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def query(**other: Any) -> dict[str, Any]:
    return {"query": "Q1", "reference": "R1", "steps": [{"edit": "crop", "strength": 0.5}]} | other


def test_every_field_of_a_line_is_read_and_other_lines_are_skipped(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {"benchmark": {"seed": 1}},
        {"role": "reference", "id": "R1"},
        query(mix="hard", visible={"of_reference": 0.25, "of_query": 1}),
        {"query": "Q2", "reference": None, "steps": []},
    )

    assert read_recipes(path) == [
        QueryRecipe("Q1", "R1", (RecipeStep("crop", 0.5),), of_reference=0.25, of_query=1.0, mix="hard"),
        QueryRecipe("Q2", None, ()),
    ]


def test_a_line_may_leave_out_what_is_not_known(tmp_path: Path) -> None:
    path = write(tmp_path, {"query": "Q1", "steps": [{"edit": "crop", "strength": None}], "mix": None})

    assert read_recipes(path) == [QueryRecipe("Q1", None, (RecipeStep("crop"),))]


def test_a_query_with_two_references_has_two_lines(tmp_path: Path) -> None:
    recipes = read_recipes(write(tmp_path, query(), query(reference="R2")))

    assert [(recipe.query_id, recipe.reference_id) for recipe in recipes] == [("Q1", "R1"), ("Q1", "R2")]


def test_a_recipe_in_words_names_strengths_and_other_numbers(tmp_path: Path) -> None:
    steps = [
        {"edit": "crop", "strength": 0.5, "params": {"x": 0.25}},
        {"edit": "rotate", "degrees": 21, "by": "hand", "seed": 10**400, "note": "a" * 41},
        {"edit": "hflip", "odd": float("nan"), "\u0007": 1},
    ]
    plain, untouched = read_recipes(write(tmp_path, query(steps=steps), {"query": "Q2", "steps": []}))

    assert plain.in_words() == "crop 0.50, rotate (degrees 21, by hand), hflip"
    assert untouched.in_words() == "no edit"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("crop", "is not JSON: expected value at line 1 column 1."),
        ("[" * 100_000, "is not JSON: recursion limit exceeded"),
        ("9" * 5_000, "is not JSON: number out of range"),
        ("[1]", "is [1]; must be a mapping of keys to values."),
        (query(query=7), "query is 7; must be text."),
        (query(query=""), 'query is ""; the ID is empty.'),
        (query(reference=["R1"]), 'reference is ["R1"]; must be text.'),
        (query(reference="a\nb"), 'reference is "a\\nb"; the ID has a line break or NUL.'),
        (query(steps=None), "steps is null; must be a list."),
        (query(steps=["crop"]), 'steps.0 is "crop"; must be a mapping of keys to values.'),
        (query(steps=[{}]), "steps.0.edit is missing."),
        (query(steps=[{"edit": 3}]), "steps.0.edit is 3; must be text."),
        (
            query(steps=[{"edit": " "}]),
            'steps.0.edit is " "; must be a name of at most 40 printable characters.',
        ),
        (query(steps=[{"edit": "\ud800"}]), "is not JSON: "),
        (
            query(steps=[{"edit": "crop", "strength": 7}]),
            "steps.0.strength is 7; must be less than or equal to 1.",
        ),
        (
            query(steps=[{"edit": "crop", "strength": True}]),
            "steps.0.strength is true; must be a valid number.",
        ),
        (query(visible=0.5), "visible is 0.5; must be a mapping of keys to values."),
        (
            query(visible={"of_query": float("nan")}),
            "visible.of_query is NaN; must be a finite number.",
        ),
        (query(mix="m" * 41), f'mix is "{"m" * 41}"; must be a name of at most 40 printable characters.'),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, line: object, sentence: str) -> None:
    path = write(tmp_path, query(query="Q9"), line)

    with pytest.raises(SubmissionError) as raised:
        read_recipes(path)

    (fault,) = raised.value.faults
    assert fault.startswith(f"{path}: line 2: {sentence}")


def test_all_wrong_lines_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError) as raised:
        read_recipes(write(tmp_path, "{", query(), query(steps=3), query()))

    assert [fault.split(": ")[1] for fault in raised.value.faults] == ["line 1", "line 3", "line 4"]
    assert "the query 'Q1' already has a line with the same reference" in raised.value.faults[2]


def test_a_file_without_queries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="has no line with a `query`"):
        read_recipes(write(tmp_path, {"benchmark": {}}))


def test_a_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match=r"none\.jsonl"):
        read_recipes(tmp_path / "none.jsonl")
