"""Many images as a sequence that stays small: their names are packed by Arrow."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.compute as pc

from copytrace.images.file import ImageFile
from copytrace.images.image_list import LONGEST_ID, IdScheme, ImageList, names_within, told_early
from copytrace.images.naming import assign_ids
from copytrace.images.shards import shard_names
from copytrace.stores import parse_address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from copytrace.images.list_builder import Container, ImageListBuilder
    from copytrace.records import Failure, IndexArray


class PackedList(ImageList):
    """Images of folders, tar files or a URL.

    Measured on a million images named like 000/0000000.jpg: 45 bytes each, or 61 in a tar file; each further
    character of a path adds a byte. Building the list takes 90 bytes per image, or 120 in a tar file.
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
        super().__init__(source, scheme, notices, left_out, failures)
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

    def _reads(self, place: Path) -> bool:
        tars = {
            Path(origin.label or origin.path).resolve() for origin in self._origins if origin.kind == "tar"
        }
        return place in tars or (self._origins[-1].kind == "folder" and self._holds(place))

    def _holds(self, place: Path) -> bool:
        return any(
            pc.index(self._relatives, pa.scalar(name, pa.large_string())).as_py() >= 0
            for name in names_within(self._origins[0].path, place)
        )

    def __len__(self) -> int:
        return len(self._ids)

    def _id(self, row: int) -> str:
        image_id: str = self._ids[row].as_py()
        return image_id

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
) -> PackedList:
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
    failures = found.sorted_failures()
    del order
    # Arrow would otherwise keep the memory used for sorting, which is more than the list takes.
    pa.default_memory_pool().release_unused()
    return PackedList(
        found.origins,
        source=address,
        ids=ids,
        relatives=relatives,
        places=places,
        versions=versions,
        keep=keep,
        scheme=taken,
        notices=notices + found.notices(source) + told_early(source, failures),
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
    usable = pc.invert(pc.or_(broken, pc.greater(pc.binary_length(ids), LONGEST_ID)))
    for row in pc.indices_nonzero(pc.invert(usable)).to_pylist():
        problem = "has a line break" if broken[row].as_py() else f"is longer than {LONGEST_ID:,} bytes"
        place = order[row].as_py()
        origin = found.origins[found.places()[place, 0]] if found.origins[-1].kind == "tar" else None
        reason = f"its ID {problem}, so no result could name it; rename it"
        found.fail(relatives[place].as_py(), reason, origin)
    return usable
