"""Edits in command-line notation: `crop:0.3,jpeg:0.5,hflip`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from copytrace.edits.recipe import Recipe, Step
from copytrace.edits.registry import find_edit
from copytrace.edits.supplies import DRAWN, Supplies
from copytrace.errors import EditError

if TYPE_CHECKING:
    import numpy as np

    from copytrace.edits.parameters import Params

USUAL_STRENGTH = 0.5


def draw_chain(text: str, rng: np.random.Generator, supplies: Supplies = DRAWN) -> Recipe:
    """Draw a recipe for edits given by name.

    Args:
        text: names, separated by commas; each may be followed by a colon and its strength (default 0.5), and by
            parameters after further colons: `rotate:degrees=30`, `text:0.6:text=HELLO:colour=[255,0,0]`.
        rng: random generator for everything not given.
        supplies: the pictures that may be used.

    Raises:
        EditError: a name, strength or parameter is invalid.

    >>> import numpy as np
    >>> draw_chain("hflip,jpeg:quality=30", np.random.default_rng(0)).steps[1].params
    {'quality': 30}
    """
    # A comma followed by a letter starts the next edit; other commas are part of lists and texts.
    return Recipe(tuple(_step(part.strip(), rng, supplies) for part in re.split(r",\s*(?=[a-z])", text)))


def _step(text: str, rng: np.random.Generator, supplies: Supplies) -> Step:
    name, *told = text.split(":")
    edit = find_edit(name)
    given: Params = {}
    strength: float | None = None
    for part in told:
        key, equals, value = part.partition("=")
        if equals:
            given[key] = _value(value)
        else:
            strength = _strength(name, part)
    if strength is not None and not edit.has_strength:
        raise EditError(f"{name}: has no strength. Write only {name}.")
    used = USUAL_STRENGTH if strength is None else strength
    params = edit.draw(rng, used, supplies)
    if unknown := sorted(set(given) - set(params)):
        raise EditError(
            f"{name}: has no parameter {', '.join(unknown)}; expected {', '.join(params) or 'no parameters'}."
        )
    params |= given
    edit.check(params)
    return Step(name, params, used if edit.has_strength else None)


def _strength(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise EditError(f"{name}: strength is {text!r}; expected a number from 0 to 1.") from error


def _value(text: str) -> str | int | float | list[int] | None:
    try:
        value: str | int | float | list[int] | None = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value
