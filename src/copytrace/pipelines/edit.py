"""Edits a picture as people do before they share it again, and records the edits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from copytrace.edits import DRAWN, Supplies, draw_chain, environment, replay
from copytrace.geometry import visible
from copytrace.images import load_image, memory_image

if TYPE_CHECKING:
    from copytrace.edits import Recipe
    from copytrace.geometry import Mapping, Visible
    from copytrace.images import Picture


@dataclass(frozen=True, eq=False, repr=False)
class EditedPicture:
    """An edited picture.

    Attributes:
        image: the result, mode RGB.
        recipe: the edits with all their parameters.
        mapping: from points of the result to those of the original.
    """

    image: Image.Image
    recipe: Recipe
    mapping: Mapping

    @property
    def visible(self) -> Visible:
        """How much of the original is visible, and how much of the result it fills."""
        return visible(self.mapping)

    def to_dict(self) -> dict[str, Any]:
        """The size, the mapping and the recipe, in the form of JSON."""
        shares = self.visible
        return {
            "size": list(self.mapping.size),
            "visible": {"of_reference": shares.of_reference, "of_query": shares.of_query},
            "matrix": None if self.mapping.matrix is None else self.mapping.matrix.tolist(),
            **self.recipe.to_json(),
            "environment": environment(),
        }

    def __repr__(self) -> str:
        return f"<EditedPicture {self.image.width} x {self.image.height}: {self.recipe.in_words()}>"

    def _repr_jpeg_(self) -> bytes | None:
        """The picture, for a notebook."""
        return self.image._repr_jpeg_()


def edit(picture: Picture, apply: str, *, seed: int = 0, supplies: Supplies = DRAWN) -> EditedPicture:
    """Apply edits to a picture; the same picture, edits and seed give the same result.

    Args:
        picture: a path, the bytes of a file, a PIL image, or an array: (h, w, 3) RGB or (h, w) grey, uint8.
        apply: edits in order, with strengths from 0 to 1 or parameters: `crop:0.3,jpeg:0.5,rotate:degrees=30`.
        seed: random seed.
        supplies: pictures to paste; by default copytrace draws them.

    Raises:
        ImageError: the picture cannot be read.
        EditError: the edit does not exist, or a parameter is out of range.
    """
    recipe = draw_chain(apply, np.random.default_rng(seed), supplies)
    pixels, mapping = replay(load_image(memory_image(picture)), recipe, supplies)
    return EditedPicture(Image.fromarray(pixels), recipe, mapping)
