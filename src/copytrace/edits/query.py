"""One query of a benchmark: an image edited with a recipe that leaves enough of it to find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from copytrace.edits.compose import HELD_OUT, LONGEST_SIDE, MIXES, Mix, draw_recipe
from copytrace.edits.pixels import as_pixels
from copytrace.edits.recipe import Recipe, replay
from copytrace.edits.supplies import DRAWN, Supplies
from copytrace.errors import EditError
from copytrace.geometry import Mapping, Visible, visible

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy as np
    import numpy.typing as npt
    from PIL import Image

    from copytrace.records import ByteArray

LEAST_VISIBLE = Visible(of_reference=0.05, of_query=0.03)
"""With less than this visible, people miss the copy too, and the ground truth would be a matter of opinion."""

_ATTEMPTS = 100


class DrawnQuery(NamedTuple):
    """An edited image with everything known about it.

    Attributes:
        image: (h, w, 3) uint8 RGB.
        recipe: the edits.
        mapping: from its points to those of the image before.
        visible: how much of the copy remains visible.
    """

    image: ByteArray
    recipe: Recipe
    mapping: Mapping
    visible: Visible


def draw_query(
    image: Image.Image | npt.NDArray[Any],
    rng: np.random.Generator,
    *,
    mixes: Sequence[Mix] = MIXES,
    held_out: Collection[str] = HELD_OUT,
    supplies: Supplies = DRAWN,
    longest_side: int | None = LONGEST_SIDE,
    least: Visible = LEAST_VISIBLE,
) -> DrawnQuery:
    """Edit an image with a recipe drawn from mixes; recipes that leave too little visible are drawn again.

    Args:
        image: any input of `pixels.as_pixels`.
        rng: random generator; equal ones give equal queries.
        mixes: see `compose.draw_recipe`, like the next three.
        held_out: edits and families to exclude.
        supplies: the pictures that may be used.
        longest_side: the limit on the query's sides.
        least: the shares of reference and query that must remain visible.

    Raises:
        EditError: none of a hundred recipes leaves enough visible.
    """
    pixels = as_pixels(image)
    for _ in range(_ATTEMPTS):
        recipe = draw_recipe(
            rng, mixes=mixes, held_out=held_out, supplies=supplies, longest_side=longest_side
        )
        edited = replay(pixels, recipe, supplies)
        shares = visible(edited.mapping)
        if shares.of_reference >= least.of_reference and shares.of_query >= least.of_query:
            return DrawnQuery(edited.image, recipe, edited.mapping, shares)
    raise EditError(
        f"no recipe of {_ATTEMPTS} leaves {least.of_reference:.0%} of the image and {least.of_query:.0%} "
        "of the query visible. Request less, or use milder mixes."
    )
