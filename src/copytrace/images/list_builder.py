"""Collects the images of a source while it is searched."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

import numpy as np

from copytrace.extras import how_to_install
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

    import pyarrow as pa

SYSTEM_FOLDERS = frozenset(
    {
        *("@eadir", "#recycle", "#snapshot"),  # Synology
        *("@__thumb", "@recycle", "@recently-snapshot"),  # QNAP
        *("__macosx", "$recycle.bin", "system volume information", "lost+found"),
    }
)
"""Folder names, in lower case, that devices or systems create: thumbnails, deleted files, metadata."""

_LEFT_OUT = {
    "extra": f"skipped HEIC pictures ({{}}). To include them, install the extra {how_to_install('formats')}",
    "format": "skipped pictures in unsupported formats ({}). Convert them to JPEG or PNG to include them.",
    "name": "skipped pictures without an image extension ({}). Rename them to include them.",
    "folder": "skipped folders of thumbnails or system files ({}).",
}

_BATCH = 1 << 16


@dataclass(frozen=True)
class Container:
    """A folder, tar file or URL that contains the images of a source.

    Attributes:
        kind: `folder`, `tar` or `url`.
        path: the root folder, the tar file, or the base URL.
        label: its name for people, if `path` is a temporary unpacked copy of a shard.
        shard: prefix of its images' paths, if several shards contain the same paths.
    """

    kind: Literal["folder", "tar", "url"]
    path: str
    label: str = ""
    shard: str = ""


class ImageListBuilder:
    """Collects the images found in a source, in any order, in packed batches that keep a million images small.

    Attributes:
        origins: the containers of the images; a set of shards has several.
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
        """A builder for what one origin contains."""
        found = cls(origin.path, exclude=exclude)
        found.origins = [origin]
        return found

    def enter(self, origin: Container) -> None:
        """Switch to another origin: everything added from now on belongs to it."""
        self.origins.append(origin)

    @property
    def shards(self) -> list[Container]:
        """The containers entered, if they are several tar files; the first is the source itself."""
        entered = self.origins[1:]
        return entered if len(entered) > 1 and self._origin.kind == "tar" else []

    def name_shards(self, names: Sequence[str]) -> None:
        """Prefix the paths of images with the names of their shards."""
        self.origins[1:] = [
            replace(shard, shard=name) for shard, name in zip(self.shards, names, strict=True)
        ]

    @property
    def name(self) -> str:
        """The name, for people, of the origin being searched."""
        return self._origin.label or self._origin.path

    @property
    def _origin(self) -> Container:
        return self.origins[-1]

    def skips(self, relative: str) -> bool:
        """Whether a path is hidden, excluded or in a folder of thumbnails or system files; counts such folders."""
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
        """Add a file with an image extension, or with another picture's extension if its content is an image.

        Args:
            relative: its path within the source.
            offset: where it starts in a tar file.
            size: its size in bytes there.
            version: what tells an image at a URL from a later one.
            head: reads its first bytes if its extension is not an image's; returns none if that takes a request.
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
        """Add a file whatever its extension.

        Args:
            relative: its path within the source.
            offset: where it starts in a tar file.
            size: its size in bytes there.
            version: what tells an image at a URL from a later one.
        """
        if "\0" in relative:
            self.fail(relative, "its name contains a zero byte")
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
        """Report an unusable file or folder of an origin, by default the one being searched.

        An empty path is the root itself.
        """
        origin = origin or self._origin
        self.failures.append(
            Failure(name_of(origin.label or origin.path, relative, kind=origin.kind), reason)
        )

    @property
    def only(self) -> str:
        """The path within the source of the only image, if it is a file; otherwise empty."""
        return (
            self._batch[0] if self._count == len(self.origins) == 1 and self._origin.kind == "folder" else ""
        )

    def sorted_failures(self) -> tuple[Failure, ...]:
        """The failures, by name."""
        return tuple(sorted(self.failures, key=lambda failure: failure.name))

    def hand_over_relatives(self) -> pa.LargeStringArray:
        """The paths within the source, (n,); the builder keeps no copy."""
        import pyarrow as pa

        self._pack()
        packed, self._packed = self._packed, []
        return pa.concat_arrays(packed)

    def places(self) -> IndexArray:
        """The origin (a row of `origins`), the offset and the size of each image, (n, 3), if all are in tar files."""
        return np.frombuffer(self._places, dtype=np.int64).reshape(-1, 3)

    def versions(self) -> pa.LargeStringArray:
        """The versions of the images, (n,), if all are at URLs."""
        import pyarrow as pa

        return pa.array(self._versions, pa.large_string())

    @property
    def left_out(self) -> dict[str, int]:
        """How many pictures of each kind, and folders (`@eaDir/`) of each name, were skipped."""
        folders = Counter(f"{path.rpartition('/')[2].rpartition(':')[2]}/" for path in self._system_folders)
        return dict(sorted((self._left_out + folders).items()))

    def notices(self, source: str) -> tuple[str, ...]:
        """Notes for people on skipped pictures and folders."""
        told: dict[str, list[str]] = {}
        for kind, count in self.left_out.items():
            told.setdefault(_LEFT_OUT[_reason(kind)], []).append(f"{count:,} {kind}")
        return tuple(f"{source}: {sentence.format(', '.join(kinds))}" for sentence, kinds in told.items())

    def _pack(self) -> None:
        import pyarrow as pa

        self._packed.append(pa.array(self._batch, pa.large_string()))
        self._batch = []


def _reason(kind: str) -> str:
    """Why a kind was skipped."""
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
