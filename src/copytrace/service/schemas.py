"""The JSON of requests and responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from copytrace.library import Verdict

if TYPE_CHECKING:
    from copytrace.library import Item, Review
    from copytrace.library import Stats as LibraryStats


class VectorQuery(BaseModel):
    """A vector of the library's model, or the text of a signal (see `docs/library.md`)."""

    model_config = ConfigDict(extra="forbid")

    vector: list[float] | None = Field(None, max_length=256)
    bias: float | None = Field(None, ge=0, description="If the library's model has one.")
    signal: str | None = Field(None, max_length=1000)

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if (self.vector is None) == (self.signal is None):
            raise ValueError("expected either a vector or a signal")
        return self


class DescribedShown(BaseModel):
    """An image described by the library's model."""

    vector: list[float]
    bias: float | None = Field(description="If the model has one.")
    signal: str = Field(description="Both as text, with 8 bits per number.")


Point = tuple[float, float]


class HitShown(BaseModel):
    """An item that the picture may be a copy of. Verification results are null for a vector."""

    id: str
    path: str
    likely_copy: bool
    probability: float | None = Field(
        description="Probability that the picture is a copy; 1 for identical files."
    )
    verdict: Literal["copy", "probable", "same_scene", "unclear", "none"] | None
    likelihood_ratio: float | None = Field(
        description="How much more likely the evidence is for a copy; null for identical files."
    )
    identical: bool | None = Field(description="Whether the files are the same; null for a vector.")
    compared: bool = Field(description="Whether the two pictures were compared.")
    edits: list[str] = Field(description="The likely edits of the original.")
    score: float = Field(description="Minus the squared distance of the vectors; higher is more similar.")
    decision: Verdict | None = Field(description="A person's decision about this picture and item.")
    metadata: dict[str, Any]
    inliers: int | None = Field(description="Points of both pictures that agree with the mapping.")
    mirrored: bool | None
    matrix: list[list[float]] | None = Field(
        description="3 x 3, from the picture's pixels to the item's, in homogeneous coordinates."
    )
    query_quad: list[Point] | None = Field(description="The item's corners in the picture, in pixels.")
    reference_quad: list[Point] | None = Field(description="The picture's corners in the item, in pixels.")
    query_share: float | None = Field(description="Share of the picture that shows the item.")
    reference_share: float | None = Field(description="Share of the item that is visible in the picture.")
    turn: float | None = Field(description="Clockwise rotation of the copy in degrees.")
    scale: float | None = Field(description="The copy's size relative to the original.")


class LookupShown(BaseModel):
    """The items nearest to a picture or vector, most likely first."""

    query: str
    query_sha256: str | None
    query_size: tuple[int, int] | None = Field(description="Width and height in pixels; null for a vector.")
    verified: bool = Field(description="Whether pictures were compared.")
    hits: list[HitShown]


class ItemShown(BaseModel):
    """An image of the library."""

    id: str
    path: str
    source: str
    content_sha256: str
    bytes: int | None
    added_at: str
    metadata: dict[str, Any]

    @classmethod
    def of(cls, item: Item) -> Self:
        """An item."""
        return cls.model_validate(vars(item))


class Stats(BaseModel):
    """Statistics of the library."""

    items: int
    lost: int = Field(description="Items whose vectors were lost; see: copytrace library check")
    segments: int
    open_rows: int
    removed_rows: int
    bytes: int
    sources: dict[str, int]
    model: str
    quality: str
    reviews: int = Field(description="Matches that await a decision.")

    @classmethod
    def of(cls, stats: LibraryStats, reviews: int) -> Self:
        """The library's own statistics."""
        settings = stats.settings
        known = vars(stats) | {"model": settings.model_name, "quality": settings.quality, "reviews": reviews}
        return cls.model_validate(known)


class ReviewShown(BaseModel):
    """A match that awaits a decision."""

    query_sha256: str
    query: str
    query_size: tuple[int, int]
    asked_at: str
    hit: HitShown

    @classmethod
    def of(cls, review: Review) -> Self:
        """A review."""
        return cls.model_validate(vars(review))


class Reviews(BaseModel):
    """Matches that await a decision, latest first."""

    left: int = Field(description="Total number of matches in the queue.")
    reviews: list[ReviewShown]


class NewDecision(BaseModel):
    """A person's decision about a picture and an item."""

    model_config = ConfigDict(extra="forbid")

    query_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    id: str
    verdict: Verdict


class DecisionShown(BaseModel):
    """A stored decision."""

    query_sha256: str
    id: str
    verdict: Verdict
    decided_by: str
    decided_at: str


class EventShown(BaseModel):
    """A file of the watched folder that was looked up."""

    id: str
    path: str
    at: str
    outcome: str
    state: Literal["logged", "waiting", "delivered", "given up"]
    attempts: int
    problem: str | None


class ProblemShown(BaseModel):
    """An error (RFC 9457)."""

    title: str
    status: int
    detail: str
