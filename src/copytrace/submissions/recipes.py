"""Recipes: JSON lines that say what was done to each query, as `copytrace benchmark` and other tools write them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from copytrace.errors import SubmissionError
from copytrace.submissions.text_rows import text_rows
from copytrace.vectors.faults import Faults, shown
from copytrace.vectors.id_rules import id_problem

if TYPE_CHECKING:
    from pathlib import Path

_SHORT = 40
"""Characters of a name; a longer text is not said in passing."""

_LARGE = 1e15
"""A number from here on is no parameter of an edit that people would read."""


@dataclass(frozen=True)
class RecipeStep:
    """One edit, under the name that its tool gives it.

    Attributes:
        edit: the name.
        strength: from 0 to 1; None where the recipe does not say.
        details: other numbers and short texts of the step, by their names.
    """

    edit: str
    strength: float | None = None
    details: tuple[tuple[str, str], ...] = ()

    def in_words(self) -> str:
        """As in `crop 0.30` or `rotate (degrees 21)`."""
        strength = "" if self.strength is None else f" {self.strength:.2f}"
        details = ", ".join(f"{name} {value}" for name, value in self.details)
        return f"{self.edit}{strength}" + (f" ({details})" if details else "")


@dataclass(frozen=True)
class QueryRecipe:
    """What was done to a query; what the recipe does not say is None.

    Attributes:
        query_id: the query.
        reference_id: what it derives from; None for a query without a copy.
        steps: the edits, in the order in which they were made.
        of_reference: share of the reference's area that the query shows, 0 to 1.
        of_query: share of the query's area that shows the reference, 0 to 1.
        mix: name of the mix that the recipe was drawn from.
    """

    query_id: str
    reference_id: str | None
    steps: tuple[RecipeStep, ...]
    of_reference: float | None = None
    of_query: float | None = None
    mix: str | None = None

    def in_words(self) -> str:
        """As in `crop 0.30, hflip`.

        >>> QueryRecipe("Q1", "R1", (RecipeStep("crop", 0.3), RecipeStep("hflip"))).in_words()
        'crop 0.30, hflip'
        """
        return ", ".join(step.in_words() for step in self.steps) or "no edit"


def read_recipes(path: Path) -> list[QueryRecipe]:
    """Read the lines that have a `query`; other lines (settings, roles) are skipped.

    A line is `{"query": ..., "reference": ... or null, "steps": [{"edit": ..., "strength": ...}, ...],
    "visible": {"of_reference": ..., "of_query": ...}, "mix": ...}`; strength, visible and mix may be missing. A
    query that derives from several references may have a line for each.

    Raises:
        SubmissionError: the file cannot be read, a line is not as wanted, a query and reference are repeated, or
            no line has a query.
    """
    faults = Faults(path)
    recipes: dict[tuple[str, str | None], QueryRecipe] = {}
    for number, text in text_rows(path):
        try:
            recipe = _recipe(text)
        except _WrongLineError as wrong:
            faults.add(f"line {number}: {wrong}")
            continue
        if recipe is None:
            continue
        if (recipe.query_id, recipe.reference_id) in recipes:
            faults.add(
                f"line {number}: the query {shown(recipe.query_id)} was there before with the same reference; "
                "keep one of the lines."
            )
        recipes[recipe.query_id, recipe.reference_id] = recipe
    if not recipes and not faults:
        faults.add('has no line with a `query`; lines like {"query", "reference", "steps"} are wanted.')
    if faults:
        raise SubmissionError(faults.sentences())
    return list(recipes.values())


class _WrongLineError(Exception):
    """A line cannot be used; says what is wrong with it."""


def _recipe(text: str) -> QueryRecipe | None:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _WrongLineError(f"is not JSON: {error}. One JSON object a line is wanted.") from error
    if not isinstance(line, dict):
        raise _WrongLineError(f"is {shown(text)}; a JSON object is wanted.")
    if "query" not in line:
        return None
    seen = line.get("visible", {})
    if not isinstance(seen, dict):
        raise _WrongLineError(
            f"`visible` is {_as_shown(seen)}; {{of_reference, of_query}} is wanted, or nothing."
        )
    return QueryRecipe(
        query_id=_image_id(line["query"], "query"),
        reference_id=None if line.get("reference") is None else _image_id(line["reference"], "reference"),
        steps=_steps(line.get("steps")),
        of_reference=_share(seen, "of_reference"),
        of_query=_share(seen, "of_query"),
        mix=None if line.get("mix") is None else _name(line["mix"], "mix"),
    )


def _steps(steps: object) -> tuple[RecipeStep, ...]:
    if not isinstance(steps, list):
        raise _WrongLineError(f"`steps` is {_as_shown(steps)}; a list of {{edit, strength}} is wanted.")
    return tuple(_step(step) for step in steps)


def _step(step: object) -> RecipeStep:
    if not isinstance(step, dict) or "edit" not in step:
        raise _WrongLineError(f"a step is {_as_shown(step)}; {{edit, strength}} is wanted.")
    told = ((name, _detail(value)) for name, value in step.items() if name not in {"edit", "strength"})
    return RecipeStep(
        _name(step["edit"], "edit"),
        _share(step, "strength"),
        tuple((name, value) for name, value in told if value is not None and _is_name(name)),
    )


def _detail(value: object) -> str | None:
    """A number or a short text as people read it; None for all else."""
    if isinstance(value, int | float) and abs(value) < _LARGE:
        return f"{value:g}"
    return value if _is_name(value) else None


def _image_id(value: object, what: str) -> str:
    if not isinstance(value, str) or (problem := id_problem(value)):
        reason = f" {problem}" if isinstance(value, str) else ""
        raise _WrongLineError(f"the {what} {_as_shown(value)}{reason or ' is no text'}; an ID is wanted.")
    return value


def _name(value: object, what: str) -> str:
    if not _is_name(value):
        raise _WrongLineError(
            f"`{what}` is {_as_shown(value)}; a name of at most {_SHORT} characters is wanted."
        )
    return value


def _is_name(value: object) -> TypeGuard[str]:
    """Whether a value is a short text that a terminal can show."""
    return isinstance(value, str) and 0 < len(value.strip()) <= len(value) <= _SHORT and value.isprintable()


def _share(where: dict[str, Any], what: str) -> float | None:
    value = where.get(what)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise _WrongLineError(f"`{what}` is {_as_shown(value)}; a number from 0 to 1 is wanted, or nothing.")
    return float(value)


def _as_shown(value: object) -> str:
    return shown(value if isinstance(value, str) else json.dumps(value))
