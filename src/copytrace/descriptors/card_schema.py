"""The schema of a card file, for pydantic; imported only to check a card that did not ship with copytrace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from copytrace.descriptors.network import Form, Quality, View
from copytrace.images import Resize

if TYPE_CHECKING:
    from typing import Self

MAX_SIDE = 2048
"""The largest input, in pixels per side."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Side = Annotated[int, Field(ge=1, le=MAX_SIDE)]
Share = Annotated[float, Field(ge=0, le=1)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")]
Channels = Annotated[tuple[float, ...], Field(min_length=3, max_length=3)]
Views = Annotated[tuple[View, ...], Field(min_length=1)]


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class _Input(_Fields):
    width: Side
    height: Side
    resize: Resize = "squash"
    short_side: int = Field(default=0, ge=0, le=MAX_SIDE)
    bicubic: bool = False
    exact: bool = False

    @model_validator(mode="after")
    def _sides_fit(self) -> Self:
        if self.resize == "crop" and self.short_side < max(self.width, self.height):
            raise ValueError("short_side is smaller than the crop")
        if self.resize == "keep" and {self.width, self.height} != {self.short_side}:
            raise ValueError("with 'keep', width, height and short_side must be equal")
        return self


class _Normalisation(_Fields):
    weight: float = Field(gt=0)
    first: int = Field(ge=0, le=1 << 20)
    last: int = Field(ge=1, le=1 << 20)
    most: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _neighbours_are_a_range(self) -> Self:
        if self.last <= self.first:
            raise ValueError("last must be greater than first")
        return self


class _Inset(_Fields):
    side: Side
    certainty: Share
    most: Share
    sha256: Sha256


class _Published(_Fields):
    page: Text
    form: Form
    address: str | None = None
    file: str | None = None
    network: str | None = None


class _Quality(_Fields):
    input: dict[str, Any] | None = None
    inset: _Inset | None = None
    views: Views = ("plain",)
    threshold: float | None = None
    threshold_source: str | None = None


class CardFields(_Fields):
    """The whole card."""

    name: Text
    summary: Text
    licence: Text
    origin: Text
    dims: int = Field(ge=1, le=1 << 16)
    input: _Input
    mean: Channels
    std: Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(min_length=3, max_length=3)]
    threshold: float | None = None
    threshold_source: str | None = None
    sha256: Sha256 | None = None
    published: _Published | None = None
    normalisation: _Normalisation | None = None
    views: Views = ("plain",)
    inset: _Inset | None = None
    qualities: dict[Quality, _Quality] | None = None
