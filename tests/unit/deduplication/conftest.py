"""Duplicates as they are found, made by hand: actions look at files, not at pictures."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from copytrace.deduplication import Duplicates, Group, Kind, Member, Picture
from copytrace.images import Facts, ImageFile
from copytrace.matching import IDENTICAL, Judgement

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def picture_at(path: Path, facts: Facts | None = None) -> Picture:
    """A file as a picture of a collection."""
    known = facts or Facts(bytes=path.stat().st_size)
    file = ImageFile(path.name, str(path), path.name)
    return Picture(path.name, str(path), file, hashlib.sha256(path.read_bytes()).hexdigest(), known)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """The pictures a.jpg (kept), its identical twin b.jpg, and c.jpg, which was resized; with sidecars."""
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.jpg", "sub/b.jpg"):
        (folder / name).write_bytes(b"picture")
    (folder / "c.jpg").write_bytes(b"smaller")
    for name in ("c.xmp", "c.CR2", "c.jpg.pp3", "sub/b.xmp"):
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def found(photos: Path) -> Duplicates:
    members = tuple(
        Member(picture_at(photos / name), kind, judgement)
        for name, kind, judgement in (
            ("sub/b.jpg", "identical", IDENTICAL),
            ("c.jpg", "resized", Judgement("copy", 0.99, 9.0)),
        )
    )
    return found_of(Group(picture_at(photos / "a.jpg"), members), photos)


def found_of(group: Group, source: Path) -> Duplicates:
    return Duplicates((group,), 3, 3, "gist", 0.01, 0.5, source, (), {})


@pytest.fixture
def pictured() -> Callable[..., Picture]:
    return picture_at


@pytest.fixture
def scene(found: Duplicates) -> Duplicates:
    """The same pictures, of which one shows the same scene only."""
    [group] = found.groups
    kind: Kind = "same scene"
    other = Member(group.members[1].picture, kind, Judgement("same_scene", 0.2, 1.0))
    return found_of(Group(group.kept, (group.members[0], other)), found.source)  # type: ignore[arg-type]
