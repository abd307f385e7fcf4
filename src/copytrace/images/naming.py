"""What the images of a source are called: by their file name alone, or by their path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from copytrace.errors import SourceError
from copytrace.images.file import shown

if TYPE_CHECKING:
    from collections.abc import Callable

IdScheme = Literal["auto", "stem", "path"]
"""`stem`: the file name without folder and ending; `path`: the path within the source, after the shard where two
shards hold one path (`part-000/000000`); `auto`: stem if that gives each image an ID of its own, else path."""

# The last ending goes, but a name like ".jpg" stays whole.
_STEM = r"(?s)^(?:.*/)?([^/]+?)(?:\.[^./]*)?$"
_ENDING = r"(?s)^((?:.*/)?[^/]+?)(?:\.[^./]*)?$"


class Named(NamedTuple):
    """What the images of a source are called.

    Attributes:
        ids: (n,), in code-point order.
        order: (n,), which of the paths each belongs to.
        scheme: what `auto` came to.
        notices: what a person should know of the IDs.
        in_shards: whether each ID begins with a shard.
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
    """Give each image its ID.

    Args:
        source: the source, for messages.
        relatives: (n,) paths within the source, in any order.
        scheme: what IDs are made of.
        shards: gives the shard (n,) that each lies in, if there are several.

    Raises:
        SourceError: two images would have one ID; the message names both.
    """
    if scheme != "path":
        stems = pc.replace_substring_regex(relatives, _STEM, r"\1")
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
            f"{source}: {_shown(relatives[twice[0]])} is there twice. Remove one of the two entries."
        )
    if scheme == "path":
        return Named(relatives, order, "path")
    clash = _clash(relatives)
    if scheme == "stem":
        raise SourceError(
            f"{source}: {clash}. An ID belongs to one image: rename one, or use the relative path: --ids path"
        )
    notice = f"{source}: {clash}; so each image's ID is its relative path."
    return Named(relatives, order, "path", (notice,))


def _with_shards(
    source: str, relatives: pa.LargeStringArray, shards: pa.LargeStringArray, example: int
) -> Named:
    """IDs of the shard and the path in it, without its ending where that is enough."""
    for paths in (pc.replace_substring_regex(relatives, _ENDING, r"\1"), relatives):
        ids = pc.binary_join_element_wise(shards, paths, pa.scalar("/", pa.large_string()))
        order = pc.sort_indices(ids)
        if not (twice := _repeats(ids.take(order))):
            notice = (
                f"{source}: {_shown(relatives[example])} is in several shards; so each image's ID begins with "
                f"its shard: {_shown(ids[example])}"
            )
            return Named(ids.take(order), order, "path", (notice,), in_shards=True)
    raise SourceError(
        f"{source}: {_shown(ids[order[twice[0]].as_py()])} is there twice. Remove one of the two entries."
    )


def _clash(relatives: pa.LargeStringArray) -> str:
    """Which of the paths, of which at least two have one stem, are the first such two in order."""
    stems = pc.replace_substring_regex(relatives, _STEM, r"\1")
    order = pc.sort_indices(stems)
    rows = _repeats(stems.take(order))
    first, second = (_shown(relatives[order[place].as_py()]) for place in (rows[0], rows[0] + 1))
    others = f" ({len(rows):,} such pairs)" if len(rows) > 1 else ""
    return f"{first} and {second} have the same file name{others}"


def _shown(path: pa.LargeStringScalar) -> str:
    return shown(path.as_py())


def _repeats(ordered: pa.LargeStringArray) -> list[int]:
    """The rows whose successor is equal."""
    rows: list[int] = pc.indices_nonzero(pc.equal(ordered[1:], ordered[:-1])).to_pylist()
    return rows
