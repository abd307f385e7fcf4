"""The interface of an edit: draw parameters once, record them, apply them any number of times.

Each manipulation is one file that declares one `Edit`; the contract tests and the contact sheet find it through the
tuple in `registry.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from copytrace.edits.parameters import Graded, Overlay, Parameter, Params, Photo, Photos, Value
from copytrace.edits.supplies import DRAWN, Supplies
from copytrace.errors import EditError

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as MappingType

    from copytrace.geometry import Mapping
    from copytrace.records import ByteArray

Family = Literal["geometry", "colour", "quality", "overlay", "frame", "composite", "warp", "artistic"]
"""The kinds of manipulation, which group a breakdown of scores."""


class Edited(NamedTuple):
    """The result of an edit.

    Attributes:
        image: (h, w, 3) uint8 RGB.
        mapping: from its points to those of the image before; None if every pixel stays and remains visible.
    """

    image: ByteArray
    mapping: Mapping | None = None


@dataclass(frozen=True)
class Edit:
    """One manipulation of an image.

    Attributes:
        name: its name in recipes and on the command line.
        family: the kind it belongs to.
        about: one sentence for people.
        parameters: the arguments of `transform` besides the image, in the order they are drawn.
        transform: the function: takes a read-only image and the parameters by name.
        mapping: whether it keeps all pixels in place, covers some, or moves them.
    """

    name: str
    family: Family
    about: str
    parameters: tuple[Parameter, ...]
    transform: Callable[..., Edited]
    mapping: Literal["keeps", "covers", "moves"] = "keeps"

    @property
    def has_strength(self) -> bool:
        """Whether it can be applied gradually; flips and similar edits cannot."""
        return any(isinstance(parameter, Graded) for parameter in self.parameters)

    def draw(self, rng: np.random.Generator, strength: float, supplies: Supplies = DRAWN) -> Params:
        """Draw JSON-compatible parameters for a strength from 0 (the identity, or nearly) to 1.

        Raises:
            EditError: the strength is not a number from 0 to 1.
        """
        if not 0 <= strength <= 1:
            raise EditError(f"{self.name}: strength is {strength}; expected a number from 0 to 1.")
        return {parameter.name: parameter.draw(rng, strength, supplies) for parameter in self.parameters}

    def apply(self, image: ByteArray, params: MappingType[str, Value], supplies: Supplies = DRAWN) -> Edited:
        """Edit an image (see `pixels.as_pixels`); equal arguments give equal bytes.

        Raises:
            EditError: a parameter is missing, unknown or out of range, or its picture is not available.
        """
        self.check(params)
        # No edit can accidentally write into its input, and none returns its input as its output.
        source = np.ascontiguousarray(image).view()
        source.flags.writeable = False
        edited = self.transform(source, **self._at_hand(params, supplies))
        if np.may_share_memory(edited.image, image) or not edited.image.flags.writeable:
            edited = edited._replace(image=edited.image.copy())
        return edited

    def check(self, params: MappingType[str, Value]) -> None:
        """Refuse parameters that the edit does not accept.

        Raises:
            EditError: one is missing, unknown or out of range.
        """
        wanted = {parameter.name for parameter in self.parameters}
        if wanted != set(params):
            found = ", ".join(sorted(params)) or "none"
            raise EditError(
                f"{self.name}: expected the parameters {', '.join(sorted(wanted)) or 'none'}; got {found}."
            )
        for parameter in self.parameters:
            parameter.check(params[parameter.name], self.name)

    def _at_hand(self, params: MappingType[str, Value], supplies: Supplies) -> dict[str, object]:
        """The arguments of the transform: pictures for IDs, tuples for lists, everything else unchanged."""
        given: dict[str, object] = {}
        for parameter in self.parameters:
            value = params[parameter.name]
            match parameter:
                case Photo():
                    given[parameter.name] = supplies.photograph(_text(value), _whole(params["seed"]))
                case Photos():
                    ids = [*_texts(value), *[None] * parameter.count][: parameter.count]
                    seeds = (_whole(params["seed"]) ^ place for place in range(parameter.count))
                    given[parameter.name] = [
                        supplies.photograph(*pair) for pair in zip(ids, seeds, strict=True)
                    ]
                case Overlay():
                    given[parameter.name] = None if value is None else supplies.overlays.load(str(value))
                case _:
                    given[parameter.name] = tuple(value) if isinstance(value, list) else value
        return given


def _whole(value: Value) -> int:
    return value if isinstance(value, int) else 0


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: Value) -> list[str]:
    return [part for part in value if isinstance(part, str)] if isinstance(value, list) else []
