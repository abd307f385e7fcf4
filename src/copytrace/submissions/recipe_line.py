"""The schema of a line of a recipe file, for pydantic; imported only to read a recipe."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from copytrace.vectors.id_rules import id_problem

LONGEST_NAME = 40
"""The longest name or short text in characters."""

_LARGE = 1e15
"""Numbers from here on are not readable parameters of an edit."""


def is_name(text: str) -> bool:
    """Whether a text is short and printable in a terminal."""
    return 0 < len(text.strip()) <= len(text) <= LONGEST_NAME and text.isprintable()


def _name(text: str) -> str:
    if not is_name(text):
        raise ValueError(f"must be a name of at most {LONGEST_NAME} printable characters")
    return text


def _image_id(text: str) -> str:
    if problem := id_problem(text):
        raise ValueError(f"the ID {problem}")
    return text


Name = Annotated[str, AfterValidator(_name)]
ImageId = Annotated[str, AfterValidator(_image_id)]
Share = Annotated[float, Field(ge=0, le=1)]


class StepLine(BaseModel):
    """One edit; a tool may add its own numbers and texts."""

    model_config = ConfigDict(strict=True, extra="allow")

    edit: Name
    strength: Share | None = None

    def details(self) -> tuple[tuple[str, str], ...]:
        """The tool's own numbers and short texts, for people to read."""
        told = ((name, _detail(value)) for name, value in (self.model_extra or {}).items() if is_name(name))
        return tuple((name, value) for name, value in told if value is not None)


def _detail(value: object) -> str | None:
    if isinstance(value, int | float) and abs(value) < _LARGE:
        return f"{value:g}"
    return value if isinstance(value, str) and is_name(value) else None


class VisibleLine(BaseModel):
    """How much of each picture is visible in the other."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    of_reference: Share | None = None
    of_query: Share | None = None


class QueryLine(BaseModel):
    """The edits of a query."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    query: ImageId
    reference: ImageId | None = None
    steps: list[StepLine]
    visible: VisibleLine = VisibleLine()
    mix: Name | None = None
