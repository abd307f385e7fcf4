"""The parameters of edits: each has a documented range, and knows how to draw a value.

A parameter draws a JSON value, checks one, and describes its range. Graded parameters depend only on the edit's
strength; all others are independent of it. The strength determines how much, chance in which way.
"""

# ruff: noqa: ARG002 - every kind of parameter gets strength and supplies, and uses what it needs

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from copytrace.edits.drawing.words import LONGEST_TEXT, random_words
from copytrace.errors import EditError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from copytrace.edits.supplies import Supplies

Value = str | int | float | list[int] | list[str] | None
"""A parameter's value as JSON."""

Params = dict[str, Value]

# Four digits are finer than any visible difference, and keep recipes readable.
_DIGITS = 4
_SEEDS = 2**32
_EVENLY = 0.5
_CHANNELS = 3


@dataclass(frozen=True)
class Parameter(ABC):
    """A named value that an edit takes.

    Attributes:
        name: the key in recipes and on the command line.
        about: its effect and unit.
    """

    name: str
    about: str = field(default="", kw_only=True)

    @abstractmethod
    def draw(self, rng: np.random.Generator, strength: float, supplies: Supplies) -> Value:
        """Draw a value for a strength from 0 to 1."""

    @abstractmethod
    def accepts(self, value: object) -> bool:
        """Whether a value is in the range."""

    @property
    @abstractmethod
    def range(self) -> str:
        """The range in words."""

    def check(self, value: Value, edit: str) -> None:
        """Refuse a value out of range.

        Raises:
            EditError: it is out of range; the message says what is allowed.
        """
        if not self.accepts(value):
            raise EditError(f"{edit}: {self.name} is {value!r}; expected {self.range}.")


@dataclass(frozen=True)
class Graded(Parameter):
    """A number that follows the strength, from `mild` at 0 to `strong` at 1.

    Attributes:
        mild: value at strength 0, where the edit does nothing or almost nothing.
        strong: value at strength 1.
        curve: whether equal steps of strength add or multiply.
        either: chance may also pick the opposite: minus the value, or its inverse.
        whole: rounded to an integer.
    """

    mild: float
    strong: float
    curve: Literal["adds", "multiplies"] = field(default="adds", kw_only=True)
    either: Literal["minus", "inverse"] | None = field(default=None, kw_only=True)
    whole: bool = field(default=False, kw_only=True)

    def draw(self, rng: np.random.Generator, strength: float, supplies: Supplies) -> Value:
        """Interpolate, and take the opposite by chance if both are allowed."""
        return self.at(strength, opposite=self.either is not None and rng.random() < _EVENLY)

    def at(self, strength: float, *, opposite: bool = False) -> int | float:
        """The value at a strength, or its opposite if there is one."""
        if self.curve == "adds":
            value = self.mild + (self.strong - self.mild) * strength
        else:
            value = self.mild * (self.strong / self.mild) ** strength
        if opposite and self.either is not None:
            value = -value if self.either == "minus" else 1 / value
        return round(value) if self.whole else round(value, _DIGITS)

    @property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest value."""
        ends = [self.mild, self.strong]
        if self.either == "minus":
            ends += [-self.mild, -self.strong]
        elif self.either == "inverse":
            ends += [1 / self.mild, 1 / self.strong]
        return min(ends), max(ends)

    def accepts(self, value: object) -> bool:
        """Whether it is a finite number within the bounds (to the precision of recipes)."""
        return _is_number(value, whole=self.whole) and _within(value, self.bounds)

    @property
    def range(self) -> str:
        """As in `1 to 0.1 with rising strength`."""
        ends = f"{self.mild:g} to {self.strong:g} with rising strength"
        return ends + {"minus": ", or minus that", "inverse": ", or one over that", None: ""}[self.either]


@dataclass(frozen=True)
class Free(Parameter):
    """A number drawn uniformly from `low` to `high`, whatever the strength."""

    low: float
    high: float

    def draw(self, rng: np.random.Generator, strength: float, supplies: Supplies) -> Value:
        """Draw uniformly."""
        return round(float(rng.uniform(self.low, self.high)), _DIGITS)

    def accepts(self, value: object) -> bool:
        """Whether it is a number from low to high."""
        return _is_number(value, whole=False) and _within(value, (self.low, self.high))

    @property
    def range(self) -> str:
        """As in `any of 0 to 1`."""
        return f"any of {self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class OneOf(Parameter):
    """One of a few names or numbers, all equally likely."""

    options: tuple[str | int, ...]

    def draw(self, rng: np.random.Generator, strength: float, supplies: Supplies) -> Value:
        """Pick one."""
        return self.options[int(rng.integers(len(self.options)))]

    def accepts(self, value: object) -> bool:
        """Whether it is one of them."""
        return not isinstance(value, bool) and value in self.options

    @property
    def range(self) -> str:
        """All of them."""
        return "one of " + ", ".join(str(option) for option in self.options)


@dataclass(frozen=True)
class Paint(Parameter):
    """A colour as three numbers from 0 to 255: black and white are as frequent as all others together."""

    def draw(self, rng: np.random.Generator, strength: float, supplies: Supplies) -> Value:
        """Draw black, white or any colour."""
        kind = int(rng.integers(4))
        return (
            [0, 0, 0] if kind == 0 else [255, 255, 255] if kind == 1 else rng.integers(256, size=3).tolist()
        )

    def accepts(self, value: object) -> bool:
        """Whether it is a list of three bytes."""
        return (
            isinstance(value, list)
            and len(value) == _CHANNELS
            and all(_is_number(part, whole=True) and _within(part, (0, 255)) for part in value)
        )

    @property
    def range(self) -> str:
        """Three bytes."""
        return "[red, green, blue], each 0 to 255"


@dataclass(frozen=True)
class Seed(Parameter):
    """The seed of all further randomness inside the edit."""

    def draw(self, rng: np.random.Generator, strength: float, supplies: Supplies) -> Value:
        """Draw a seed."""
        return int(rng.integers(_SEEDS))

    def accepts(self, value: object) -> bool:
        """Whether it is an unsigned 32-bit integer."""
        return _is_number(value, whole=True) and _within(value, (0, _SEEDS - 1))

    @property
    def range(self) -> str:
        """Unsigned 32 bits."""
        return "a whole number from 0 to 4294967295"


@dataclass(frozen=True)
class Words(Parameter):
    """A few words in one of the scripts that the fonts cover."""

    most: int = 5

    def draw(self, rng: np.random.Generator, strength: float, supplies: Supplies) -> Value:
        """Join up to `most` words of one script."""
        return random_words(rng, self.most)

    def accepts(self, value: object) -> bool:
        """Whether it is text of reasonable length on one line."""
        return isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT and value.isprintable()

    @property
    def range(self) -> str:
        """The length."""
        return f"1 to {LONGEST_TEXT} printable characters"


@dataclass(frozen=True)
class Photo(Parameter):
    """The ID of a photograph from the supplies, or null: the edit draws one."""

    def draw(self, rng: np.random.Generator, strength: float, supplies: Supplies) -> Value:
        """Pick one, or none if there is none."""
        return _one_of(supplies.photos.ids, rng)

    def accepts(self, value: object) -> bool:
        """Whether it is an ID or null; loading tells whether the picture is available."""
        return value is None or isinstance(value, str)

    @property
    def range(self) -> str:
        """The allowed IDs."""
        return "the ID of one of the photos, or null to draw one"


@dataclass(frozen=True)
class Overlay(Parameter):
    """The ID of an overlay from the supplies, or null: the edit draws its own shape."""

    def draw(self, rng: np.random.Generator, strength: float, supplies: Supplies) -> Value:
        """Pick one, or none if there is none."""
        return _one_of(supplies.overlays.ids, rng)

    def accepts(self, value: object) -> bool:
        """Whether it is an ID or null; loading tells whether the picture is available."""
        return value is None or isinstance(value, str)

    @property
    def range(self) -> str:
        """The allowed IDs."""
        return "the ID of one of the overlays, or null to draw one"


@dataclass(frozen=True)
class Photos(Parameter):
    """The IDs of several photographs from the supplies, or fewer: the edit draws the others."""

    count: int

    def draw(self, rng: np.random.Generator, strength: float, supplies: Supplies) -> Value:
        """Pick different ones, as many as there are."""
        ids = supplies.photos.ids
        return [ids[i] for i in rng.choice(len(ids), min(self.count, len(ids)), replace=False)] if ids else []

    def accepts(self, value: object) -> bool:
        """Whether it is a list of IDs, not too many."""
        return (
            isinstance(value, list)
            and len(value) <= self.count
            and all(isinstance(part, str) for part in value)
        )

    @property
    def range(self) -> str:
        """The allowed IDs."""
        return f"a list of the IDs of up to {self.count} photos; the others are drawn"


def _one_of(ids: Sequence[str], rng: np.random.Generator) -> str | None:
    return ids[int(rng.integers(len(ids)))] if ids else None


def _is_number(value: object, *, whole: bool) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) if whole else isinstance(value, int | float) and math.isfinite(value)


def _within(value: object, bounds: tuple[float, float]) -> bool:
    slack = 10**-_DIGITS
    return isinstance(value, int | float) and bounds[0] - slack <= value <= bounds[1] + slack
