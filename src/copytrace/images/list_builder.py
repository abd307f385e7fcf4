"""Collects the images of a source while it is searched."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa

from copytrace.images.file import name_of
from copytrace.images.formats import (
    EXTENSIONS,
    HEIF_EXTENSIONS,
    READS_HEIF,
    UNMISTAKABLE,
    ending_of,
    is_misnamed,
    left_out_kind,
)
from copytrace.records import Failure, IndexArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SYSTEM_FOLDERS = frozenset(
    {
        *("@eadir", "#recycle", "#snapshot"),  # Synology
        *("@__thumb", "@recycle", "@recently-snapshot"),  # QNAP
        *("__macosx", "$recycle.bin", "system volume information", "lost+found"),
    }
)
"""Names, in lower case, of folders that a device or a system makes: thumbnails, deleted files, metadata."""

_LEFT_OUT = {
    "extra": "HEIC pictures were left out ({}). To include them: pip install 'copytrace[formats]'",
    "format": "pictures in formats that are not read were left out ({}). Convert them to JPEG or PNG to include them.",
    "name": "pictures whose names do not end like an image's were left out ({}). Rename them to include them.",
    "folder": "folders of thumbnails or system files were left out ({}).",
}

_BATCH = 1 << 16


@dataclass(frozen=True)
class Container:
    """What the images of a source lie in.

    Attributes:
        kind: `folder`, `tar` or `url`.
        path: the folder that paths start from, the tar file, or the URL that paths are added to.
        label: what people call it, if they do not know `path`: the shard that was unpacked there.
        shard: begins the paths of its images, where several shards hold the same paths.
    """

    kind: Literal["folder", "tar", "url"]
    path: str
    label: str = ""
    shard: str = ""


class ImageListBuilder:
    """The images found in a source, in any order, packed in batches so that a million need little memory.

    Attributes:
        origins: what they lie in; a set of shards has several.
        failures: what could not be used, with the reason.
        exclude: patterns of files and folders to skip; see `excludes`.
    """

    def __init__(self, root: str, *, tar: bool = False, exclude: Sequence[str] = ()) -> None:
        self.origins = [Container("tar" if tar else "folder", root)]
        self.exclude = exclude
        self.failures: list[Failure] = []
        self._versions: list[str] = []
        self._left_out: Counter[str] = Counter()
        self._system_folders: set[str] = set()
        self._batch: list[str] = []
        self._packed: list[pa.LargeStringArray] = []
        self._count = 0
        self._places = array("q")

    def __len__(self) -> int:
        return self._count

    @classmethod
    def within(cls, origin: Container, exclude: Sequence[str] = ()) -> ImageListBuilder:
        """A collection of what lies in an origin."""
        found = cls(origin.path, exclude=exclude)
        found.origins = [origin]
        return found

    def enter(self, origin: Container) -> None:
        """Go on in another origin: what is added from now on lies there."""
        self.origins.append(origin)

    @property
    def shards(self) -> list[Container]:
        """The containers that were entered, if they are several tar files; the first is the source itself."""
        entered = self.origins[1:]
        return entered if len(entered) > 1 and self._origin.kind == "tar" else []

    def name_shards(self, names: Sequence[str]) -> None:
        """Let the paths of images begin with the names of their shards."""
        self.origins[1:] = [
            replace(shard, shard=name) for shard, name in zip(self.shards, names, strict=True)
        ]

    @property
    def name(self) -> str:
        """What people call the origin that is searched now."""
        return self._origin.label or self._origin.path

    @property
    def _origin(self) -> Container:
        return self.origins[-1]

    def skips(self, relative: str) -> bool:
        """Whether a path is hidden, excluded, or in a folder of thumbnails or system files, which is counted."""
        parts = relative.split("/")
        for depth, part in enumerate(parts, start=1):
            if part.startswith(".") or self.excludes("/".join(parts[:depth])):
                return True
            if part.lower() in SYSTEM_FOLDERS:
                self._system_folders.add(name_of(self.name, "/".join(parts[:depth]), kind=self._origin.kind))
                return True
        return False

    def excludes(self, relative: str) -> bool:
        """Whether a pattern matches a path or its last part; `*` matches slashes too."""
        name = relative.rpartition("/")[2]
        return any(fnmatchcase(each, pattern) for pattern in self.exclude for each in (relative, name))

    def offer(
        self,
        relative: str,
        offset: int = 0,
        size: int = 0,
        version: str = "",
        *,
        head: Callable[[], bytes] = bytes,
    ) -> None:
        """Take a file if its ending is that of an image, or that of another picture and its content is an image.

        Args:
            relative: its path within the source.
            offset: where in a tar file it begins.
            size: how many bytes it has there.
            version: of an image at a URL, what tells it from a later one.
            head: reads its first bytes, if its ending is not that of an image; nothing where that takes a request.
        """
        ending = ending_of(relative)
        if ending in EXTENSIONS:
            self.add(relative, offset, size, version)
            return
        content = head()
        if is_misnamed(ending, content):
            self.add(relative, offset, size, version)
        elif kind := left_out_kind(ending, content):
            self._left_out[kind] += 1

    def add(self, relative: str, offset: int = 0, size: int = 0, version: str = "") -> None:
        """Take a file whatever its ending.

        Args:
            relative: its path within the source.
            offset: where in a tar file it begins.
            size: how many bytes it has there.
            version: of an image at a URL, what tells it from a later one.
        """
        if "\0" in relative:
            self.fail(relative, "its name holds a zero byte")
            return
        if not _is_text(relative):
            self.fail(relative, "its name is not valid UTF-8, so no result could name it; rename it")
            return
        self._batch.append(relative)
        self._count += 1
        if self._origin.kind == "tar":
            self._places.extend((len(self.origins) - 1, offset, size))
        elif self._origin.kind == "url":
            self._versions.append(version)
        if len(self._batch) == _BATCH:
            self._pack()

    def fail(self, relative: str, reason: str, origin: Container | None = None) -> None:
        """Report a file or a folder that cannot be used, in the origin that is searched now if no other is named.

        An empty path is the root itself.
        """
        origin = origin or self._origin
        self.failures.append(
            Failure(name_of(origin.label or origin.path, relative, kind=origin.kind), reason)
        )

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

    @property
    def left_out(self) -> dict[str, int]:
        """How many pictures of each kind were left out, and how many folders (`@eaDir/`) of each name."""
        folders = Counter(f"{path.rpartition('/')[2].rpartition(':')[2]}/" for path in self._system_folders)
        return dict(sorted((self._left_out + folders).items()))

    def notices(self, source: str) -> tuple[str, ...]:
        """What a person should know of the pictures and folders that were left out."""
        told: dict[str, list[str]] = {}
        for kind, count in self.left_out.items():
            told.setdefault(_LEFT_OUT[_reason(kind)], []).append(f"{count:,} {kind}")
        return tuple(f"{source}: {sentence.format(', '.join(kinds))}" for sentence, kinds in told.items())

    def _pack(self) -> None:
        self._packed.append(pa.array(self._batch, pa.large_string()))
        self._batch = []


def _reason(kind: str) -> str:
    """Why a kind was left out."""
    if kind.endswith("/"):
        return "folder"
    name = kind.partition(" named ")[0].partition(" without ")[0]
    if name == "HEIC" or name in HEIF_EXTENSIONS:
        return "name" if READS_HEIF else "extra"
    return "name" if name in UNMISTAKABLE else "format"


def _is_text(relative: str) -> bool:
    try:
        relative.encode()
    except UnicodeEncodeError:
        return False
    return True
