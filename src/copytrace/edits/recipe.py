"""What was done to an image, as a record that can be kept and done again."""

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
    """One edit with all that it was told.

    Attributes:
        edit: its name.
        params: its parameters, as JSON has them.
        strength: that they were drawn for; None for an edit that has none.
    """

    edit: str
    params: Params
    strength: float | None = None


@dataclass(frozen=True)
class Recipe:
    """Edits in the order in which they are made.

    Attributes:
        steps: the edits.
        longest_side: after every step, a larger image is made smaller until no side exceeds it.
        mix: the name of the mix that the recipe was drawn from, where there was one.
    """

    steps: tuple[Step, ...]
    longest_side: int | None = None
    mix: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The recipe as JSON has it; `from_json` takes it back."""
        steps = []
        for step in self.steps:
            strength = {} if step.strength is None else {"strength": step.strength}
            steps.append({"edit": step.edit, **strength, "params": step.params})
        optional = {"longest_side": self.longest_side, "mix": self.mix}
        return {"steps": steps} | {name: value for name, value in optional.items() if value is not None}

    @classmethod
    def from_json(cls, value: MappingType[str, Any]) -> Recipe:
        """Read a recipe; what else the record says (query, reference ...) is left alone.

        Raises:
            EditError: it has no steps, or a step lacks edit or parameters, or the edit does not take them.

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
        """As in `crop 0.30, jpeg 0.50, hflip`."""
        return ", ".join(
            step.edit if step.strength is None else f"{step.edit} {step.strength:.2f}" for step in self.steps
        )


def _read_step(step: object, number: int) -> Step:
    if (
        not isinstance(step, dict)
        or not isinstance(step.get("edit"), str)
        or not isinstance(step.get("params"), dict)
    ):
        raise EditError(
            f"recipe: step {number} is {step!r}; wanted is {{edit, strength, params}} to replay it."
        )
    find_edit(step["edit"]).check(step["params"])
    return Step(step["edit"], step["params"], step.get("strength"))


class Replayed(NamedTuple):
    """What a recipe makes of an image.

    Attributes:
        image: (h, w, 3) uint8 RGB.
        mapping: from its points to those of the image that the recipe began with.
    """

    image: ByteArray
    mapping: Mapping


def replay(image: Image.Image | npt.NDArray[Any], recipe: Recipe, supplies: Supplies = DRAWN) -> Replayed:
    """Make the edits of a recipe.

    The same image, recipe, supplies and versions (see `environment`) give the same bytes.

    Args:
        image: what `pixels.as_pixels` takes; alpha is laid over white.
        recipe: what to do.
        supplies: the pictures that the recipe names.

    Returns:
        The edited image (h, w, 3) and the mapping from its points to those of `image`.

    Raises:
        EditError: an edit is unknown, does not take its parameters, or misses a picture.
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
    """The versions and fonts under which a replay gives the same bytes; under others it is close."""
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
