"""The frozen records of a search for duplicates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from copytrace.matching import verdict_json

if TYPE_CHECKING:
    from copytrace.images import Facts, ImageFile
    from copytrace.matching import Evidence, Explanation, Judgement
    from copytrace.records import Failure

Kind = Literal["identical", "re-encoded", "resized", "cropped", "edited", "same scene"]
"""How a picture differs from the one that its group keeps."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture of the collection.

    Attributes:
        id: its ID.
        name: its name for people: a path, `shard.tar:member`, or a URL.
        file: its file, or the location of its bytes; None if it no longer exists.
        sha256: digest of its bytes when it was described; None if unknown.
        facts: its size and its date.
    """

    id: str
    name: str
    file: ImageFile | None
    sha256: str | None
    facts: Facts

    @property
    def path(self) -> Path | None:
        """Its file, if it is a separate local one."""
        if self.file is None or self.file.size is not None or self.file.version:
            return None
        return Path(self.file.path)


@dataclass(frozen=True, eq=False)
class Member:
    """A picture that is a copy of the kept one, or shows the same scene.

    Attributes:
        picture: the picture.
        kind: how it differs from the kept one.
        judgement: verdict and probability of the pair.
        evidence: the mapping from the worse picture to the better one, if there is one.
        explanation: positions and likely edits; None without a mapping.
        is_query: whether the mapping starts at this picture, not at the kept one.
    """

    picture: Picture
    kind: Kind
    judgement: Judgement
    evidence: Evidence | None = None
    explanation: Explanation | None = None
    is_query: bool = True

    @property
    def is_copy(self) -> bool:
        """Whether it is a copy, so that removing it loses nothing."""
        return self.kind != "same scene"

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON."""
        return {
            **picture_dict(self.picture),
            "kind": self.kind,
            **verdict_json(self.judgement, self.evidence, self.explanation),
            "identical": self.kind == "identical",
        }


@dataclass(frozen=True, eq=False)
class Group:
    """A picture to keep, and its copies.

    Attributes:
        kept: the centre: every copy in the group was compared with it.
        members: copies by descending probability, then pictures of the same scene.
    """

    kept: Picture
    members: tuple[Member, ...]

    @property
    def copies(self) -> tuple[Member, ...]:
        """The members that are copies."""
        return tuple(member for member in self.members if member.is_copy)

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON."""
        return {"keep": picture_dict(self.kept), "members": [member.to_dict() for member in self.members]}


@dataclass(frozen=True, eq=False)
class Duplicates:
    """The result of a search for duplicates.

    Attributes:
        groups: most copies first.
        pictures: number of pictures in the collection.
        compared: number of pairs whose pictures were compared.
        model: the descriptor that proposed them.
        prior: probability of a copy before the pictures were compared.
        threshold: probability from which a pair is called a copy.
        source: the folder of the pictures; None if they are not files below one.
        failures: pictures that could not be used, and why.
        left_out: skipped pictures, by kind; see `ImageList`.
    """

    groups: tuple[Group, ...]
    pictures: int
    compared: int
    model: str
    prior: float
    threshold: float
    source: Path | None
    failures: tuple[Failure, ...]
    left_out: dict[str, int]

    @property
    def copies(self) -> int:
        """The number of copies of kept pictures."""
        return sum(len(group.copies) for group in self.groups)

    @property
    def bytes(self) -> int:
        """The total size of their files."""
        return sum(member.picture.facts.bytes for group in self.groups for member in group.copies)

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON."""
        return {
            "model": self.model,
            "prior": self.prior,
            "threshold": self.threshold,
            "pictures": self.pictures,
            "compared": self.compared,
            "copies": self.copies,
            "bytes": self.bytes,
            "groups": [group.to_dict() for group in self.groups],
            "failures": [failure.__dict__ for failure in self.failures],
            "left_out": self.left_out,
        }


def picture_dict(picture: Picture) -> dict[str, Any]:
    """A picture as JSON."""
    facts = picture.facts
    return {
        "id": picture.id,
        "path": picture.name,
        "width": facts.width,
        "height": facts.height,
        "bytes": facts.bytes,
        "taken": facts.taken,
    }
