"""Recipes: JSON lines with the edits of each query, as `copytrace benchmark` and other tools write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from copytrace.documents import Document, DocumentError, parse_json
from copytrace.submissions.text_rows import text_rows
from copytrace.vectors.faults import Faults, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copytrace.submissions.recipe_line import QueryLine


@dataclass(frozen=True)
class RecipeStep:
    """One edit, under its tool's name for it.

    Attributes:
        edit: the name.
        strength: from 0 to 1; None if the recipe does not give it.
        details: other numbers and short texts of the step, by name.
    """

    edit: str
    strength: float | None = None
    details: tuple[tuple[str, str], ...] = ()

    def in_words(self) -> str:
        """For example `crop 0.30` or `rotate (degrees 21)`."""
        strength = "" if self.strength is None else f" {self.strength:.2f}"
        details = ", ".join(f"{name} {value}" for name, value in self.details)
        return f"{self.edit}{strength}" + (f" ({details})" if details else "")


@dataclass(frozen=True)
class QueryRecipe:
    """The edits of a query; whatever the recipe does not give is None.

    Attributes:
        query_id: the query.
        reference_id: the reference it is a copy of; None for a query without a copy.
        steps: the edits, in the order they were applied.
        of_reference: share of the reference's area that is visible in the query, 0 to 1.
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
        """For example `crop 0.30, hflip`.

        >>> QueryRecipe("Q1", "R1", (RecipeStep("crop", 0.3), RecipeStep("hflip"))).in_words()
        'crop 0.30, hflip'
        """
        return ", ".join(step.in_words() for step in self.steps) or "no edit"


def recipe_lines(path: Path, faults: Faults) -> Iterator[Document]:
    """The lines of a recipe file; lines that are not JSON are recorded as faults.

    Raises:
        SubmissionError: the file cannot be read.
    """
    for number, text in text_rows(path):
        try:
            yield parse_json(text, f"line {number}")
        except DocumentError as error:
            faults.add(str(error))


def read_recipes(path: Path) -> list[QueryRecipe]:
    """Read the lines that have a `query`; other lines (settings, roles) are skipped.

    A line is `{"query": ..., "reference": ... or null, "steps": [{"edit": ..., "strength": ...}, ...],
    "visible": {"of_reference": ..., "of_query": ...}, "mix": ...}`; strength, visible and mix are optional. A query
    that is a copy of several references may have a line for each.

    Raises:
        SubmissionError: the file cannot be read, a line is invalid, a query and reference are repeated, or no line
            has a query.
    """
    from copytrace.submissions.recipe_line import QueryLine

    faults = Faults(path)
    recipes: dict[tuple[str, str | None], QueryRecipe] = {}
    for line in recipe_lines(path, faults):
        if isinstance(line.content, dict) and "query" not in line.content:
            continue
        try:
            recipe = _recipe(line.checked(QueryLine))
        except DocumentError as error:
            faults.add(error.faults[0])
            continue
        if (recipe.query_id, recipe.reference_id) in recipes:
            faults.add(
                f"{line.source}: the query {shown(recipe.query_id)} already has a line with the same reference; "
                "keep one of them."
            )
        recipes[recipe.query_id, recipe.reference_id] = recipe
    if not recipes and not faults:
        faults.add('has no line with a `query`; expected lines like {"query", "reference", "steps"}.')
    faults.raise_if_any()
    return list(recipes.values())


def _recipe(line: QueryLine) -> QueryRecipe:
    return QueryRecipe(
        query_id=line.query,
        reference_id=line.reference,
        steps=tuple(RecipeStep(step.edit, step.strength, step.details()) for step in line.steps),
        of_reference=line.visible.of_reference,
        of_query=line.visible.of_query,
        mix=line.mix,
    )
