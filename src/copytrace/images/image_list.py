"""The images of a source as a sequence that stays small even for millions of images."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

import pyarrow as pa
import pyarrow.compute as pc

from copytrace.errors import InputError
from copytrace.images.file import ImageFile
from copytrace.images.naming import IdScheme, assign_ids
from copytrace.images.shards import shard_names
from copytrace.stores import parse_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from copytrace.images.list_builder import Container, ImageListBuilder
    from copytrace.records import Failure, IndexArray

_BATCH = 1024

_LONGEST_ID = 4096
"""Bytes of UTF-8; a path can be this long."""


class ImageList(Sequence[ImageFile]):
    """The images of a source, in code-point order of their IDs; each `ImageFile` is created on access.

    Measured on a million images named like 000/0000000.jpg: 45 bytes each, or 61 in a tar file; each further
    character of a path adds a byte. Building the list takes 90 bytes per image, or 120 in a tar file.

    Attributes:
        source: the images' source as an absolute path or a URL.
        scheme: how IDs were formed: `stem` or `path`.
        notices: notes for people on IDs and skipped pictures.
        left_out: how many pictures of each kind, and folders (`@eaDir/`) of each name, were skipped.
        failures: unusable files and subfolders, by name, each with its reason.
    """

    def __init__(
        self,
        origins: Sequence[Container],
        *,
        source: str = "",
        ids: pa.LargeStringArray,
        relatives: pa.LargeStringArray,
        places: IndexArray | None,
        versions: pa.LargeStringArray | None = None,
        keep: object = None,
        scheme: Literal["stem", "path"],
        notices: tuple[str, ...] = (),
        left_out: Mapping[str, int] | None = None,
        failures: tuple[Failure, ...] = (),
    ) -> None:
        self.source = source
        self.scheme = scheme
        self.left_out = dict(left_out or {})
        self.notices = notices
        self.failures = failures
        self._origins = tuple(origins)
        self._versions = versions
        # Unpacked shards are removed together with the list that refers to them.
        self._keep = keep
        self._ids = ids
        self._relatives = relatives
        self._places = places

    @property
    def ids(self) -> list[str]:
        """All IDs, in order; each call creates a new list."""
        ids: list[str] = self._ids.to_pylist()
        return ids

    def find(self, image_id: str) -> int | None:
        """The row of the image with this ID, or None."""
        row = bisect_left(range(len(self)), image_id, key=lambda row: self._ids[row].as_py())
        return row if row < len(self) and self._ids[row].as_py() == image_id else None

    def require_apart(self, output: Path) -> None:
        """Refuse an output that would replace one of the images, or a tar file that contains them.

        Raises:
            InputError: the output is one of them.
        """
        place = output.resolve()
        tars = {
            Path(origin.label or origin.path).resolve() for origin in self._origins if origin.kind == "tar"
        }
        if place in tars or (self._origins[-1].kind == "folder" and self._holds(place)):
            raise InputError(f"{output}: is one of the images to read. Name another output.")

    def _holds(self, place: Path) -> bool:
        names = os.path.relpath(place, Path(self._origins[0].path).resolve()), os.fspath(place)
        return any(
            pc.index(self._relatives, pa.scalar(name, pa.large_string())).as_py() >= 0 for name in names
        )

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, index: int) -> ImageFile: ...
    @overload
    def __getitem__(self, index: slice) -> list[ImageFile]: ...
    def __getitem__(self, index: int | slice) -> ImageFile | list[ImageFile]:
        if isinstance(index, slice):
            return self._files(index)
        row = range(len(self))[index]
        return self._files(slice(row, row + 1))[0]

    def __iter__(self) -> Iterator[ImageFile]:
        for start in range(0, len(self), _BATCH):
            yield from self._files(slice(start, start + _BATCH))

    def _files(self, rows: slice) -> list[ImageFile]:
        ids, relatives = self._ids[rows].to_pylist(), self._relatives[rows].to_pylist()
        root = self._origins[0].path
        if self._versions is not None:
            base = parse_address(root)
            return [
                ImageFile(id_, str(base.below(relative)), relative, version=version)
                for id_, relative, version in zip(
                    ids, relatives, self._versions[rows].to_pylist(), strict=True
                )
            ]
        if self._places is None:
            return [
                ImageFile(id_, str(Path(root, relative)), relative)
                for id_, relative in zip(ids, relatives, strict=True)
            ]
        members = zip(ids, relatives, self._places[rows].tolist(), strict=True)
        return [
            _member(id_, self._origins[tar], relative, offset, size)
            for id_, relative, (tar, offset, size) in members
        ]


def _member(id_: str, tar: Container, member: str, offset: int, size: int) -> ImageFile:
    if not tar.shard:
        return ImageFile(id_, tar.path, member, offset, size, tar.label)
    return ImageFile(id_, tar.path, f"{tar.shard}/{member}", offset, size, tar.label, member=member)


def order_images(
    source: str, found: ImageListBuilder, scheme: IdScheme, *, address: str = "", keep: object = None
) -> ImageList:
    """Give each image an ID, and sort by it.

    Args:
        source: the source's name in messages.
        found: the images, in any order.
        scheme: how to form IDs.
        address: the source as an absolute path or a URL.
        keep: an object that must live as long as the list.

    Raises:
        SourceError: two images would get the same ID; the message names both.
    """
    relatives = found.hand_over_relatives()
    shards = partial(_shards, found) if found.shards else None
    ids, order, taken, notices, in_shards = assign_ids(source, relatives, scheme, shards)
    if in_shards:
        found.name_shards(shard_names(found.shards))
    usable = _usable(ids, order, relatives, found)
    if not pc.all(usable).as_py():
        ids, order = ids.filter(usable), order.filter(usable)
    relatives = relatives.take(order)
    kind = found.origins[-1].kind
    places = found.places()[order.to_numpy()] if kind == "tar" else None
    versions = found.versions().take(order) if kind == "url" else None
    failures = tuple(sorted(found.failures, key=lambda failure: failure.name))
    del order
    # Arrow would otherwise keep the memory used for sorting, which is more than the list takes.
    pa.default_memory_pool().release_unused()
    return ImageList(
        found.origins,
        source=address,
        ids=ids,
        relatives=relatives,
        places=places,
        versions=versions,
        keep=keep,
        scheme=taken,
        notices=notices + found.notices(source) + _told_early(source, failures),
        left_out=found.left_out,
        failures=failures,
    )


def _shards(found: ImageListBuilder) -> pa.LargeStringArray:
    """The shard name (n,) of each image."""
    names = pa.array(shard_names(found.shards), pa.large_string())
    return names.take(pa.array(found.places()[:, 0] - (len(found.origins) - len(found.shards))))


def _usable(
    ids: pa.LargeStringArray, order: pa.UInt64Array, relatives: pa.LargeStringArray, found: ImageListBuilder
) -> pa.BooleanArray:
    """Which IDs (n,) can be written in one line of a file; images with other IDs become failures."""
    broken = pc.match_substring_regex(ids, r"[\n\r]")
    usable = pc.invert(pc.or_(broken, pc.greater(pc.binary_length(ids), _LONGEST_ID)))
    for row in pc.indices_nonzero(pc.invert(usable)).to_pylist():
        problem = "has a line break" if broken[row].as_py() else f"is longer than {_LONGEST_ID:,} bytes"
        place = order[row].as_py()
        origin = found.origins[found.places()[place, 0]] if found.origins[-1].kind == "tar" else None
        reason = f"its ID {problem}, so no result could name it; rename it"
        found.fail(relatives[place].as_py(), reason, origin)
    return usable


def _told_early(source: str, failures: Sequence[Failure]) -> tuple[str, ...]:
    """A notice, shown before the work, of what could not be used while listing."""
    if not failures:
        return ()
    first = f"{failures[0].name}: {failures[0].reason}"
    return (f"{source}: cannot use {len(failures):,} of the files or folders; the first is {first}.",)
