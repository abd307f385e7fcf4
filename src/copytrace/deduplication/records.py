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
        name: where it lies, as people know it: a path, `shard.tar:member`, or a URL.
        file: its file, or where its bytes lie; None if it is not there any more.
        sha256: digest of its bytes when it was described; None where that is not known.
        facts: its size and its date.
    """

    id: str
    name: str
    file: ImageFile | None
    sha256: str | None
    facts: Facts

    @property
    def path(self) -> Path | None:
        """Its file, if that is one of its own on this machine."""
        if self.file is None or self.file.size is not None or self.file.version:
            return None
        return Path(self.file.path)


@dataclass(frozen=True, eq=False)
class Member:
    """A picture that is a copy of the one that its group keeps, or shows the same scene.

    Attributes:
        picture: the picture.
        kind: how it differs from the one that is kept.
        judgement: verdict and probability of the two.
        evidence: the mapping from the lesser of the two pictures to the better one; None where there is none.
        explanation: positions and likely edits; None without a mapping.
        is_query: whether the mapping begins at this picture, not at the one that is kept.
    """

    picture: Picture
    kind: Kind
    judgement: Judgement
    evidence: Evidence | None = None
    explanation: Explanation | None = None
    is_query: bool = True

    @property
    def is_copy(self) -> bool:
        """Whether it is a copy, so that nothing is lost without it."""
        return self.kind != "same scene"

    def to_dict(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
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
        members: copies by falling probability, then pictures of the same scene.
    """

    kept: Picture
    members: tuple[Member, ...]

    @property
    def copies(self) -> tuple[Member, ...]:
        """The members that are copies."""
        return tuple(member for member in self.members if member.is_copy)

    def to_dict(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return {"keep": picture_dict(self.kept), "members": [member.to_dict() for member in self.members]}


@dataclass(frozen=True, eq=False)
class Duplicates:
    """What a search for duplicates found.

    Attributes:
        groups: those with most copies first.
        pictures: number of pictures in the collection.
        compared: number of pairs whose pictures were compared.
        model: the descriptor that proposed them.
        prior: the probability of a copy before the pictures were compared.
        threshold: the probability from which a pair is called a copy.
        source: the folder of the pictures; None where they are not files below one.
        failures: pictures that could not be used, and why.
        left_out: pictures that were left out, by kind; see `ImageList`.
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
        """The number of pictures that are copies of one that is kept."""
        return sum(len(group.copies) for group in self.groups)

    @property
    def bytes(self) -> int:
        """The size of their files."""
        return sum(member.picture.facts.bytes for group in self.groups for member in group.copies)

    def to_dict(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
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
    """A picture, as JSON has it."""
    facts = picture.facts
    return {
        "id": picture.id,
        "path": picture.name,
        "width": facts.width,
        "height": facts.height,
        "bytes": facts.bytes,
        "taken": facts.taken,
    }
