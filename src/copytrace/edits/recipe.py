"""The edits of an image, as a record that can be stored and replayed."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from PIL import Image, features

from copytrace.edits.drawing.fonts import font_digests
from copytrace.edits.edit import Edited
from copytrace.edits.pixels import as_pixels, resized, scaled_size, size_of
from copytrace.edits.registry import find_edit
from copytrace.edits.supplies import DRAWN, Supplies
from copytrace.errors import EditError
from copytrace.geometry import Mapping, chained, placed

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingType

    import numpy.typing as npt

    from copytrace.edits.parameters import Params
    from copytrace.records import ByteArray


@dataclass(frozen=True)
class Step:
    """One edit with all its parameters.

    Attributes:
        edit: its name.
        params: its parameters, as JSON.
        strength: the strength they were drawn for; None if the edit has none.
    """

    edit: str
    params: Params
    strength: float | None = None


@dataclass(frozen=True)
class Recipe:
    """Edits in the order they are applied.

    Attributes:
        steps: the edits.
        longest_side: after every step, a larger image is scaled down to this limit.
        mix: the name of the mix that the recipe was drawn from, if any.
    """

    steps: tuple[Step, ...]
    longest_side: int | None = None
    mix: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The recipe as JSON; `from_json` reads it."""
        steps = []
        for step in self.steps:
            strength = {} if step.strength is None else {"strength": step.strength}
            steps.append({"edit": step.edit, **strength, "params": step.params})
        optional = {"longest_side": self.longest_side, "mix": self.mix}
        return {"steps": steps} | {name: value for name, value in optional.items() if value is not None}

    @classmethod
    def from_json(cls, value: MappingType[str, Any]) -> Recipe:
        """Read a recipe; other data in the record (query, reference ...) is ignored.

        Raises:
            EditError: it has no steps, a step lacks edit or parameters, or the edit does not accept them.

        >>> Recipe.from_json({"steps": [{"edit": "hflip", "params": {}}]}).steps[0].edit
        'hflip'
        """
        steps = value.get("steps")
        if not isinstance(steps, list):
            raise EditError("recipe: has no list `steps`; each step is {edit, strength, params}.")
        return cls(
            tuple(_read_step(step, number) for number, step in enumerate(steps, 1)),
            value.get("longest_side"),
            value.get("mix"),
        )

    def in_words(self) -> str:
        """For example `crop 0.30, jpeg 0.50, hflip`."""
        return ", ".join(
            step.edit if step.strength is None else f"{step.edit} {step.strength:.2f}" for step in self.steps
        )


def _read_step(step: object, number: int) -> Step:
    if (
        not isinstance(step, dict)
        or not isinstance(step.get("edit"), str)
        or not isinstance(step.get("params"), dict)
    ):
        raise EditError(f"recipe: step {number} is {step!r}; expected {{edit, strength, params}}.")
    find_edit(step["edit"]).check(step["params"])
    return Step(step["edit"], step["params"], step.get("strength"))


class Replayed(NamedTuple):
    """The result of a recipe.

    Attributes:
        image: (h, w, 3) uint8 RGB.
        mapping: from its points to those of the original image.
    """

    image: ByteArray
    mapping: Mapping


def replay(image: Image.Image | npt.NDArray[Any], recipe: Recipe, supplies: Supplies = DRAWN) -> Replayed:
    """Apply the edits of a recipe.

    The same image, recipe, supplies and versions (see `environment`) give the same bytes.

    Args:
        image: any input of `pixels.as_pixels`; alpha is laid over white.
        recipe: the recipe.
        supplies: the pictures that the recipe names.

    Returns:
        The edited image (h, w, 3) and the mapping from its points to those of `image`.

    Raises:
        EditError: an edit is unknown, does not accept its parameters, or lacks a picture.
    """
    pixels = as_pixels(image)
    first = size_of(pixels)
    pixels, mapping = _within_limit(pixels, recipe.longest_side)
    mappings = [mapping]
    for step in recipe.steps:
        edited = find_edit(step.edit).apply(pixels, step.params, supplies)
        pixels, shrunk = _within_limit(edited.image, recipe.longest_side)
        mappings += [edited.mapping, shrunk]
    return Replayed(pixels, chained(mappings, first))


def _within_limit(image: ByteArray, longest_side: int | None) -> Edited:
    size = size_of(image)
    if longest_side is None or max(size) <= longest_side:
        return Edited(image)
    smaller = scaled_size(size, longest_side / max(size))
    return Edited(resized(image, smaller), placed((0, 0, *smaller), size, smaller))


def environment() -> dict[str, Any]:
    """The versions and fonts with which a replay gives the same bytes; with others it is similar."""
    return {
        "copytrace": version("copytrace"),
        "numpy": np.__version__,
        "opencv": version("opencv-python-headless"),
        "pillow": version("pillow"),
        "freetype": features.version("freetype2"),
        "jpeg": features.version("jpg"),
        "webp": features.version("webp"),
        "fonts": font_digests(),
    }
