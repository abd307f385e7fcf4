"""The ways to group copies by their recipes: by edit, by strength, by visible share."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple, get_args

import numpy as np

from copytrace.edits import EDITS, HELD_OUT, MIXES, OTHER, recognise
from copytrace.edits.edit import Family
from copytrace.errors import SubmissionError
from copytrace.evaluation import Aspect, Group
from copytrace.progress import SILENT, Progress
from copytrace.submissions import QueryRecipe, read_recipes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from copytrace.records import Truth

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
SHARES = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)
"""Edges of the bins; a bin includes its lower edge, and the last one also its upper edge."""

_FAMILIES = (*get_args(Family), OTHER)
_EDITS = tuple(edit.name for edit in EDITS)
_MIXES = tuple(mix.name for mix in MIXES)
_NAMED = 5
"""Unknown names to list; the rest are only counted."""


class _Label(NamedTuple):
    """The group of a copy: its position among the groups, and its names."""

    place: tuple[int, ...]
    names: tuple[str, ...]


class _Question(NamedTuple):
    """An aspect before it has groups; `answer` returns the groups of a copy."""

    key: str
    title: str
    columns: tuple[str, ...]
    answer: Callable[[QueryRecipe], Iterable[_Label]]


def recipe_aspects(path: Path, truth: Truth, progress: Progress = SILENT) -> tuple[Aspect, ...]:
    """Group the copies of the ground truth by their recipes.

    A copy counts once in the group of each of its edits. What the recipe does not say forms no group, and an aspect
    without any data is dropped.

    Args:
        path: JSON lines; see `submissions.read_recipes`.
        truth: lists the copies; the groups number the queries as it does.
        progress: reports unknown names of edits, and differences between recipe and ground truth.

    Raises:
        SubmissionError: the recipe cannot be read, or has no line for any copy in the ground truth.
    """
    recipes = read_recipes(path)
    copies = set(truth.pair_query_ids)
    of_copies = [recipe for recipe in recipes if recipe.query_id in copies]
    if copies and not of_copies:
        problem = (
            f"has no line for any of the ground truth's {len(copies):,} copies, such as {truth.pair_query_ids[0]}. "
            "Use the recipe of these queries."
        )
        raise SubmissionError([f"{path}: {problem}"])
    _tell_differences(path, of_copies, truth, progress)
    _tell_unknown(path, of_copies, progress)
    aspects = (_aspect(question, of_copies, truth.query_ids) for question in _QUESTIONS)
    return tuple(aspect for aspect in aspects if aspect.groups)


def _aspect(question: _Question, recipes: Sequence[QueryRecipe], query_ids: Sequence[str]) -> Aspect:
    number = {query_id: position for position, query_id in enumerate(query_ids)}
    members: dict[_Label, list[int]] = defaultdict(list)
    for recipe in recipes:
        for label in set(question.answer(recipe)):
            members[label].append(number[recipe.query_id])
    groups = []
    for label, queries in sorted(members.items()):
        chosen = np.zeros(len(query_ids), dtype=np.bool_)
        chosen[queries] = True
        groups.append(Group(label.names, chosen))
    return Aspect(question.key, question.title, question.columns, tuple(groups))


def _mix(recipe: QueryRecipe) -> Iterable[_Label]:
    if recipe.mix is not None:
        yield _Label((_place(recipe.mix, _MIXES),), (recipe.mix,))


def _edit_count(recipe: QueryRecipe) -> Iterable[_Label]:
    count = len(recipe.steps)
    yield _Label((count,), (str(count),))


def _shown_of_reference(recipe: QueryRecipe) -> Iterable[_Label]:
    yield from _bins([recipe.of_reference], SHARES, "{:.0%} to {:.0%}")


def _shown_of_query(recipe: QueryRecipe) -> Iterable[_Label]:
    yield from _bins([recipe.of_query], SHARES, "{:.0%} to {:.0%}")


def _held_out(recipe: QueryRecipe) -> Iterable[_Label]:
    kept_back = any(recognise(step.edit).name in HELD_OUT for step in recipe.steps)
    yield _Label((not kept_back,), ("with one" if kept_back else "without",))


def _strength(recipe: QueryRecipe) -> Iterable[_Label]:
    yield from _bins([step.strength for step in recipe.steps], STRENGTHS, "{:g} to {:g}")


def _family(recipe: QueryRecipe) -> Iterable[_Label]:
    for step in recipe.steps:
        family = recognise(step.edit).family
        yield _Label((_place(family, _FAMILIES),), (family,))


def _family_strength(recipe: QueryRecipe) -> Iterable[_Label]:
    for family in {recognise(step.edit).family for step in recipe.steps}:
        strengths = [step.strength for step in recipe.steps if recognise(step.edit).family == family]
        for label in _bins(strengths, STRENGTHS, "{:g} to {:g}"):
            yield _Label((_place(family, _FAMILIES), *label.place), (family, *label.names))


def _edit(recipe: QueryRecipe) -> Iterable[_Label]:
    for step in recipe.steps:
        name, family = recognise(step.edit)
        yield _Label((_place(family, _FAMILIES), _place(name, _EDITS)), (family, name))


_QUESTIONS = (
    _Question("mix", "Mix", ("mix",), _mix),
    _Question("edits", "Number of edits", ("edits",), _edit_count),
    _Question("visible_of_reference", "Visible share of the reference", ("visible",), _shown_of_reference),
    _Question("visible_of_query", "Copied share of the query", ("visible",), _shown_of_query),
    _Question("strength", "Strongest edit's strength", ("strength",), _strength),
    _Question("held_out", "Edits held out by default", ("held_out",), _held_out),
    _Question("family", "Family of edits", ("family",), _family),
    _Question("family_strength", "Family and strength", ("family", "strength"), _family_strength),
    _Question("edit", "Edit", ("family", "edit"), _edit),
)


def _bins(values: Iterable[float | None], edges: Sequence[float], words: str) -> Iterable[_Label]:
    """The bin of the largest value, if there is one."""
    known = [value for value in values if value is not None]
    if known:
        place = min(int(np.searchsorted(edges, max(known), side="right")), len(edges) - 1) - 1
        yield _Label((place,), (words.format(edges[place], edges[place + 1]),))


def _place(name: str, names: Sequence[str]) -> int:
    """The position of a name; all unknown names come last, in alphabetical order."""
    return names.index(name) if name in names else len(names)


def _tell_differences(path: Path, recipes: Sequence[QueryRecipe], truth: Truth, progress: Progress) -> None:
    true_pairs = set(zip(truth.pair_query_ids, truth.pair_reference_ids, strict=True))
    silent = len({query_id for query_id, _ in true_pairs} - {recipe.query_id for recipe in recipes})
    if silent:
        progress.note(f"{path}: has no line for {silent:,} copies of the ground truth; they are in no group.")
    other = sum((recipe.query_id, recipe.reference_id) not in true_pairs for recipe in recipes)
    if other:
        progress.note(
            f"{path}: names another reference than the ground truth for {other:,} copies; the ground truth is used. "
            "Is this the recipe of these queries?"
        )


def _tell_unknown(path: Path, recipes: Sequence[QueryRecipe], progress: Progress) -> None:
    names = sorted({step.edit for recipe in recipes for step in recipe.steps})
    unknown = [name for name in names if recognise(name).family == OTHER]
    if unknown:
        more = f" and {len(unknown) - _NAMED:,} more" if unknown[_NAMED:] else ""
        progress.note(
            f"{path}: unknown edits are listed under the family '{OTHER}': {', '.join(unknown[:_NAMED])}{more}. "
            "Known ones: copytrace edit --list"
        )
