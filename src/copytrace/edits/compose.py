"""Compositions: recipes of one to six edits, drawn from mixes of increasing difficulty.

The shares and weights are the project's own choice, based on what is known about the challenge: most edits are
photographic filters, overlays and formats; severe crops and hiding in other pictures make queries hard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from copytrace.edits.recipe import Recipe, Step
from copytrace.edits.registry import EDITS, find_edit
from copytrace.edits.supplies import DRAWN, Supplies
from copytrace.errors import EditError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy as np

    from copytrace.edits.edit import Edit, Family

LONGEST_SIDE = 1024
"""The usual limit on a query's sides."""

HELD_OUT: tuple[str, ...] = ("shuffle", "stripes", "meme", "perspective", "pixelate")
"""Edits held out from training, to judge a model on edits it never saw."""


@dataclass(frozen=True)
class Mix:
    """A way of drawing recipes.

    Attributes:
        name: its name in recipes.
        share: share of the recipes drawn from it.
        count: the fewest and the most edits.
        strength: the lowest and the highest strength, drawn uniformly for each edit.
        weights: how often each family is picked; 0 if not listed.
        always: groups of edits; every recipe contains one of each group.
    """

    name: str
    share: float
    count: tuple[int, int]
    strength: tuple[float, float]
    weights: Mapping[Family, float]
    always: tuple[tuple[str, ...], ...] = ()


_HIDING = ("onto", "collage", "overlay")

MIXES: tuple[Mix, ...] = (
    Mix(
        "light", 0.25, (1, 2), (0.1, 0.4),
        {"geometry": 3, "colour": 3, "quality": 4, "overlay": 2, "frame": 0.5, "artistic": 0.2},
    ),
    Mix(
        "medium", 0.35, (2, 4), (0.25, 0.65),
        {
            "geometry": 4, "colour": 3, "quality": 3, "overlay": 3,
            "frame": 1.5, "composite": 1, "warp": 0.7, "artistic": 0.4,
        },
    ),
    Mix(
        "hard", 0.3, (2, 5), (0.45, 0.85),
        {
            "geometry": 3, "colour": 3, "quality": 3, "overlay": 3,
            "frame": 1.5, "composite": 1, "warp": 0.7, "artistic": 0.5,
        },
        always=(("crop", *_HIDING),),
    ),
    Mix(
        "adversarial", 0.1, (3, 6), (0.5, 0.9),
        {"geometry": 3, "colour": 3, "quality": 3, "overlay": 3, "frame": 1.5, "warp": 1, "artistic": 0.5},
        always=(("crop",), _HIDING),
    ),
)  # fmt: skip

# More of these in one recipe would leave nothing to find.
_MOST: dict[Family, int] = {
    "geometry": 3, "colour": 2, "quality": 2, "overlay": 2,
    "frame": 1, "composite": 1, "warp": 1, "artistic": 1,
}  # fmt: skip


def draw_recipe(
    rng: np.random.Generator,
    *,
    mixes: Sequence[Mix] = MIXES,
    held_out: Collection[str] = HELD_OUT,
    supplies: Supplies = DRAWN,
    longest_side: int | None = LONGEST_SIDE,
) -> Recipe:
    """Draw a recipe; no image is needed, since all parameters are relative to its size.

    Args:
        rng: random generator.
        mixes: the mixes to draw from; their shares need not add up to 1.
        held_out: names of edits, or of whole families, to exclude.
        supplies: the pictures that may be used.
        longest_side: the limit on the query's sides.

    Raises:
        EditError: `held_out` names something unknown, or leaves no edit in a mix.

    >>> import numpy as np
    >>> recipe = draw_recipe(np.random.default_rng(4))
    >>> Recipe.from_json(recipe.to_json()) == recipe
    True
    """
    _check_held_out(held_out)
    mix = mixes[_weighted(rng, [mix.share for mix in mixes])]
    names = _pick_edits(rng, mix, held_out)
    steps = []
    for name in names:
        edit = find_edit(name)
        strength = round(float(rng.uniform(*mix.strength)), 4)
        steps.append(Step(name, edit.draw(rng, strength, supplies), strength if edit.has_strength else None))
    return Recipe(tuple(steps), longest_side, mix.name)


def _pick_edits(rng: np.random.Generator, mix: Mix, held_out: Collection[str]) -> list[str]:
    """The names of a recipe's edits, in the order they are applied."""
    free = [edit for edit in EDITS if edit.name not in held_out and edit.family not in held_out]
    count = int(rng.integers(mix.count[0], mix.count[1] + 1))
    picked: list[Edit] = []
    for group in mix.always:
        allowed = [edit for edit in _left(free, picked) if edit.name in group]
        if allowed:
            picked.append(allowed[int(rng.integers(len(allowed)))])
    while len(picked) < count:
        allowed = [edit for edit in _left(free, picked) if mix.weights.get(edit.family)]
        if not allowed:
            break
        # The family first, so that one with many edits does not crowd out the others.
        families = sorted({edit.family for edit in allowed})
        family = families[_weighted(rng, [mix.weights[family] for family in families])]
        members = [edit for edit in allowed if edit.family == family]
        picked.append(members[int(rng.integers(len(members)))])
    if not picked:
        raise EditError(f"mix {mix.name!r}: no edit is left; hold out fewer. Held out: {', '.join(held_out)}")
    order = [picked[i].name for i in rng.permutation(len(picked))]
    # A crop after the image was put into another picture could remove it completely, which would falsify the truth.
    return sorted(order, key=lambda name: name != "crop")


def _left(free: Sequence[Edit], picked: Sequence[Edit]) -> list[Edit]:
    """The edits that may still be added: none twice, and no family beyond its limit."""
    families = [edit.family for edit in picked]
    return [edit for edit in free if edit not in picked and families.count(edit.family) < _MOST[edit.family]]


def _weighted(rng: np.random.Generator, weights: Sequence[float]) -> int:
    """A random index, weighted."""
    point = rng.random() * sum(weights)
    for index, weight in enumerate(weights):
        point -= weight
        if point < 0:
            return index
    return len(weights) - 1


def _check_held_out(held_out: Collection[str]) -> None:
    known = {edit.name for edit in EDITS} | {edit.family for edit in EDITS}
    if unknown := sorted(set(held_out) - known):
        raise EditError(
            f"held out: {', '.join(unknown)} is not a known edit or family; expected one of: {', '.join(sorted(known))}"
        )
