"""Collects the images of a source while it is searched."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from copytrace.images.file import name_of
from copytrace.images.formats import EXTENSIONS, UNREAD_EXTENSIONS, ending_of
from copytrace.records import Failure, IndexArray

_BATCH = 1 << 16


@dataclass(frozen=True)
class Origin:
    """What the images of a source lie in.

    Attributes:
        kind: `folder`, `tar` or `url`.
        path: the folder that paths start from, the tar file, or the URL that paths are added to.
        label: what people call it, if they do not know `path`: the shard that was unpacked there.
    """

    kind: Literal["folder", "tar", "url"]
    path: str
    label: str = ""


class Found:
    """The images found in a source, in any order, packed in batches so that a million need little memory.

    Attributes:
        origins: what they lie in; a set of shards has several.
        failures: what could not be used, with the reason.
    """

    def __init__(self, root: str, *, tar: bool = False) -> None:
        self.origins = [Origin("tar" if tar else "folder", root)]
        self.failures: list[Failure] = []
        self._versions: list[str] = []
        self._unread: Counter[str] = Counter()
        self._batch: list[str] = []
        self._packed: list[pa.LargeStringArray] = []
        self._count = 0
        self._places = array("q")

    def __len__(self) -> int:
        return self._count

    @classmethod
    def within(cls, origin: Origin) -> Found:
        """A collection of what lies in an origin."""
        found = cls(origin.path)
        found.origins = [origin]
        return found

    def enter(self, origin: Origin) -> None:
        """Go on in another origin: what is added from now on lies there."""
        self.origins.append(origin)

    @property
    def name(self) -> str:
        """What people call the origin that is searched now."""
        return self._origin.label or self._origin.path

    @property
    def _origin(self) -> Origin:
        return self.origins[-1]

    def offer(self, relative: str, offset: int = 0, size: int = 0, version: str = "") -> None:
        """Take a file if its ending is that of an image."""
        ending = ending_of(relative)
        if ending in EXTENSIONS:
            self.add(relative, offset, size, version)
        elif ending in UNREAD_EXTENSIONS:
            self._unread[ending] += 1

    def add(self, relative: str, offset: int = 0, size: int = 0, version: str = "") -> None:
        """Take a file whatever its ending.

        Args:
            relative: its path within the source.
            offset: where in a tar file it begins.
            size: how many bytes it has there.
            version: of an image at a URL, what tells it from a later one.
        """
        if reason := _why_no_id(relative):
            self.fail(relative, reason)
            return
        self._batch.append(relative)
        self._count += 1
        if self._origin.kind == "tar":
            self._places.extend((len(self.origins) - 1, offset, size))
        elif self._origin.kind == "url":
            self._versions.append(version)
        if len(self._batch) == _BATCH:
            self._pack()

    def fail(self, relative: str, reason: str) -> None:
        """Report a file or a folder that cannot be used; an empty path is the root itself."""
        self.failures.append(Failure(name_of(self.name, relative, kind=self._origin.kind), reason))

    def hand_over_relatives(self) -> pa.LargeStringArray:
        """The paths within the source, (n,); the collection keeps no copy of them."""
        self._pack()
        packed, self._packed = self._packed, []
        return pa.concat_arrays(packed)

    def places(self) -> IndexArray:
        """The origin (a row of `origins`), the offset and the size of each, (n, 3), where all lie in tar files."""
        return np.frombuffer(self._places, dtype=np.int64).reshape(-1, 3)

    def versions(self) -> pa.LargeStringArray:
        """What tells each from a later one, (n,), where all lie at URLs."""
        return pa.array(self._versions, pa.large_string())

    def notices(self, source: str) -> tuple[str, ...]:
        """What a person should know of the pictures that were left out for their format."""
        if not self._unread:
            return ()
        kinds = ", ".join(f"{count:,} {ending}" for ending, count in sorted(self._unread.items()))
        notice = f"{source}: pictures in formats that are not read were left out ({kinds})."
        return (f"{notice} Convert them to JPEG or PNG to include them.",)

    def _pack(self) -> None:
        self._packed.append(pa.array(self._batch, pa.large_string()))
        self._batch = []


def _why_no_id(relative: str) -> str | None:
    """Why the path cannot become an ID; None if it can."""
    if "\0" in relative:
        return "its name holds a zero byte"
    try:
        relative.encode()
    except UnicodeEncodeError:
        return "its name is not valid UTF-8, so no result could name it; rename it"
    return None
