"""The challenge file: one declarative YAML file that describes a whole challenge, checked before anything is loaded."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from copytrace.documents import Document, DocumentError, read_yaml, to_yaml
from copytrace.errors import SubmissionError
from copytrace.hosting.services.schedule import EARLIEST, LATEST
from copytrace.records import MAX_DIMS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,48}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _in_reach(moment: datetime) -> datetime:
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(f"must be in the years {EARLIEST.year} to {LATEST.year - 1}")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_reach)]


class Section(BaseModel):
    """A part of the file; unknown fields are refused, so that typos are noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NumberedIds(Section):
    """IDs made of a prefix and a number with leading zeros, such as Q00000 to Q49999."""

    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,30}$")]
    digits: int = Field(ge=1, le=12)
    first: int = Field(ge=0)
    count: int = Field(ge=1, le=10_000_000)

    def ids(self) -> list[str]:
        """All of them, in order.

        >>> NumberedIds(prefix="Q", digits=5, first=50000, count=2).ids()
        ['Q50000', 'Q50001']
        """
        return [
            f"{self.prefix}{number:0{self.digits}d}" for number in range(self.first, self.first + self.count)
        ]


Ids = NumberedIds | FileName


class TruthPart(Section):
    """The true pairs; the public score uses the queries in `public_queries`, the private one all others.

    Without `public_queries`, both scores use all queries.
    """

    file: FileName
    public_queries: FileName | None = None


class LimitsPart(Section):
    """Attempts per team and track; None means no limit."""

    total: int | None = Field(default=None, ge=1)
    per_day: int | None = Field(default=None, ge=1)


class PhasePart(Section):
    """One phase."""

    name: Slug
    title: Title
    opens_at: Moment
    closes_at: Moment
    grace_seconds: int = Field(default=3600, ge=0, le=7 * 86400)
    limits: LimitsPart = LimitsPart()
    queries: Ids
    references: Ids
    truth: TruthPart | None = None
    frozen_after: Slug | None = None
    blind: bool = False
    reveal: Literal["on_close", "by_organiser"] = "on_close"
    prizes: dict[Slug, list[Annotated[str, StringConstraints(min_length=1, max_length=50)]]] = {}


class TrackPart(Section):
    """One track."""

    name: Slug
    title: Title
    kind: Literal["matching", "descriptor"]
    max_dims: int = Field(default=MAX_DIMS, ge=1, le=MAX_DIMS)


class DataFilePart(Section):
    """One file to download."""

    path: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$", max_length=300)]
    size: int = Field(ge=0)
    sha256: Sha256


class DatasetPart(Section):
    """Files downloaded together; a folder at each mirror."""

    name: Slug
    title: Title
    files: list[DataFilePart] = []


class MirrorPart(Section):
    """A region, and the address shown to participants; empty until there is one."""

    region: Annotated[str, StringConstraints(min_length=1, max_length=50)]
    title: Title
    url: Annotated[
        str, StringConstraints(pattern=r"^((s3|https)://[^\s'\"\\$`;&|<>]+)?$", max_length=500)
    ] = ""


class TextsPart(Section):
    """Pages in Markdown."""

    overview: str = ""
    data: str = ""
    rules: str = ""
    prizes: str = ""
    faq: str = ""


class EligibilityPart(Section):
    """Who may take part."""

    territory: str
    excluded_countries: list[Country] = []
    minimum_age: int = Field(default=18, ge=0, le=99)


class ChallengePart(Section):
    """The whole file."""

    challenge: Slug
    title: Title
    summary: Annotated[str, StringConstraints(max_length=500)] = ""
    sponsor: Annotated[str, StringConstraints(max_length=200)] = ""
    supporters: list[str] = []
    ends_at: Moment
    rules_version: Annotated[str, StringConstraints(min_length=1, max_length=50)]
    eligibility: EligibilityPart
    attestations: dict[Slug, str] = {}
    texts: TextsPart = TextsPart()
    tracks: list[TrackPart] = Field(min_length=1)
    phases: list[PhasePart] = Field(min_length=1)
    datasets: list[DatasetPart] = []
    mirrors: list[MirrorPart] = []


def read_challenge(path: Path) -> ChallengePart:
    """Read and check a challenge file.

    Raises:
        SubmissionError: it cannot be read or is invalid; lists every problem with its place.
    """
    try:
        return _judged(read_yaml(path))
    except DocumentError as error:
        raise SubmissionError(error.faults) from error


def judge_challenge(content: object, place: str) -> ChallengePart:
    """Check the content of a challenge file.

    Raises:
        SubmissionError: it is invalid; lists every problem with its place.
    """
    try:
        return _judged(Document(content, place))
    except DocumentError as error:
        raise SubmissionError(error.faults) from error


def _judged(document: Document) -> ChallengePart:
    part = document.checked(ChallengePart)
    if faults := _contradictions(part):
        raise DocumentError([f"{document.source}: {fault}" for fault in faults])
    return part


def write_challenge(part: ChallengePart) -> str:
    """The text of a challenge file; reading it returns an equal one."""
    return to_yaml(part.model_dump(mode="json", exclude_defaults=True))


def _contradictions(part: ChallengePart) -> list[str]:
    """Contradictions that the types of single fields cannot reveal."""
    faults = []
    for what, names in (
        ("track", [track.name for track in part.tracks]),
        ("phase", [phase.name for phase in part.phases]),
        ("dataset", [dataset.name for dataset in part.datasets]),
    ):
        faults += [f"there are {n} {what}s named {name!r}." for name, n in Counter(names).items() if n > 1]
    tracks = [track.name for track in part.tracks]
    earlier: list[str] = []
    for phase in part.phases:
        faults += _phase_contradictions(phase, tracks, earlier)
        earlier.append(phase.name)
        if phase.closes_at > part.ends_at:
            faults.append(
                f"{phase.name} closes at {phase.closes_at}, after the challenge ends ({part.ends_at})."
            )
    return faults


def _phase_contradictions(phase: PhasePart, tracks: Sequence[str], earlier: Sequence[str]) -> list[str]:
    faults = []
    if phase.opens_at >= phase.closes_at:
        faults.append(
            f"{phase.name} must close after it opens; it opens at {phase.opens_at}, closes at {phase.closes_at}."
        )
    if phase.frozen_after is not None and phase.frozen_after not in earlier:
        faults.append(f"{phase.name}.frozen_after is {phase.frozen_after!r}; expected an earlier phase.")
    faults += [
        f"{phase.name}.prizes names the track {name!r}; expected one of {', '.join(tracks)}."
        for name in phase.prizes
        if name not in tracks
    ]
    return faults
