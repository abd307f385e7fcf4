"""How to form image IDs: from the file name alone, or from the path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from copytrace.errors import SourceError
from copytrace.images.file import shown
from copytrace.images.image_list import STEM

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.images.image_list import IdScheme

_ENDING = r"(?s)^((?:.*/)?[^/]+?)(?:\.[^./]*)?$"


class Named(NamedTuple):
    """The IDs of a source's images.

    Attributes:
        ids: (n,), in code-point order.
        order: (n,), the row of each ID's path.
        scheme: the scheme used; `auto` is resolved.
        notices: notes for people on the IDs.
        in_shards: whether each ID starts with a shard.
    """

    ids: pa.LargeStringArray
    order: pa.UInt64Array
    scheme: Literal["stem", "path"]
    notices: tuple[str, ...] = ()
    in_shards: bool = False


def assign_ids(
    source: str,
    relatives: pa.LargeStringArray,
    scheme: IdScheme,
    shards: Callable[[], pa.LargeStringArray] | None = None,
) -> Named:
    """Give each image an ID.

    Args:
        source: the source's name in messages.
        relatives: (n,) paths within the source, in any order.
        scheme: how to form IDs.
        shards: returns the shard (n,) of each image, if there are several.

    Raises:
        SourceError: two images would get the same ID; the message names both.
    """
    if scheme != "path":
        stems = pc.replace_substring_regex(relatives, STEM, r"\1")
        order = pc.sort_indices(stems)
        stems = stems.take(order)
        if not _repeats(stems):
            return Named(stems, order, "stem")
    order = pc.sort_indices(relatives)
    twice = _repeats(relatives.take(order))
    if twice and scheme != "stem" and shards is not None:
        return _with_shards(source, relatives, shards(), order[twice[0]].as_py())
    relatives = relatives.take(order)
    if twice:
        raise SourceError(
            f"{source}: {_shown(relatives[twice[0]])} appears twice. Remove one of the two entries."
        )
    if scheme == "path":
        return Named(relatives, order, "path")
    clash = _clash(relatives)
    if scheme == "stem":
        raise SourceError(
            f"{source}: {clash}. IDs must be unique: rename one of the files, or use relative paths: --ids path"
        )
    notice = f"{source}: {clash}, so relative paths are used as IDs."
    return Named(relatives, order, "path", (notice,))


def _with_shards(
    source: str, relatives: pa.LargeStringArray, shards: pa.LargeStringArray, example: int
) -> Named:
    """IDs from the shard and the path in it, without the extension where that is unique."""
    for paths in (pc.replace_substring_regex(relatives, _ENDING, r"\1"), relatives):
        ids = pc.binary_join_element_wise(shards, paths, pa.scalar("/", pa.large_string()))
        order = pc.sort_indices(ids)
        if not (twice := _repeats(ids.take(order))):
            notice = (
                f"{source}: {_shown(relatives[example])} is in several shards, so IDs start with the shard: "
                f"{_shown(ids[example])}"
            )
            return Named(ids.take(order), order, "path", (notice,), in_shards=True)
    raise SourceError(
        f"{source}: {_shown(ids[order[twice[0]].as_py()])} appears twice. Remove one of the two entries."
    )


def _clash(relatives: pa.LargeStringArray) -> str:
    """The first two paths in order that share a stem; at least two do."""
    stems = pc.replace_substring_regex(relatives, STEM, r"\1")
    order = pc.sort_indices(stems)
    rows = _repeats(stems.take(order))
    first, second = (_shown(relatives[order[place].as_py()]) for place in (rows[0], rows[0] + 1))
    others = f" ({len(rows):,} such pairs)" if len(rows) > 1 else ""
    return f"{first} and {second} have the same file name{others}"


def _shown(path: pa.LargeStringScalar) -> str:
    return shown(path.as_py())


def _repeats(ordered: pa.LargeStringArray) -> list[int]:
    """The rows that equal their successor."""
    rows: list[int] = pc.indices_nonzero(pc.equal(ordered[1:], ordered[:-1])).to_pylist()
    return rows
