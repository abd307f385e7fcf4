"""What the images of a source are called: by their file name alone, or by their path."""

from __future__ import annotations

from typing import Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from copytrace.errors import SourceError

IdScheme = Literal["auto", "stem", "path"]
"""`stem`: the file name without folder and ending; `path`: the path within the source; `auto`: stem if that
gives each image an ID of its own, else path."""

# The last ending goes, but a name like ".jpg" stays whole.
_STEM = r"(?s)^(?:.*/)?([^/]+?)(?:\.[^./]*)?$"


class Named(NamedTuple):
    """What the images of a source are called.

    Attributes:
        ids: (n,), in code-point order.
        order: (n,), which of the paths each belongs to.
        scheme: what `auto` came to.
        notices: what a person should know of the IDs.
    """

    ids: pa.LargeStringArray
    order: pa.UInt64Array
    scheme: Literal["stem", "path"]
    notices: tuple[str, ...] = ()


def assign_ids(source: str, relatives: pa.LargeStringArray, scheme: IdScheme) -> Named:
    """Give each image its ID.

    Args:
        source: the source, for messages.
        relatives: (n,) paths within the source, in any order.
        scheme: what IDs are made of.

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
    relatives = relatives.take(order)
    if twice := _repeats(relatives):
        raise SourceError(f"{source}: {relatives[twice[0]]} is there twice. Remove one of the two entries.")
    if scheme == "path":
        return Named(relatives, order, "path")
    clash = _clash(relatives)
    if scheme == "stem":
        raise SourceError(
            f"{source}: {clash}. An ID belongs to one image: rename one, or use the relative path: --ids path"
        )
    notice = f"{source}: {clash}; so each image's ID is its relative path."
    return Named(relatives, order, "path", (notice,))


def _clash(relatives: pa.LargeStringArray) -> str:
    """Which of the paths, of which at least two have one stem, are the first such two in order."""
    stems = pc.replace_substring_regex(relatives, _STEM, r"\1")
    order = pc.sort_indices(stems)
    rows = _repeats(stems.take(order))
    first, second = (relatives[order[place].as_py()] for place in (rows[0], rows[0] + 1))
    others = f" ({len(rows):,} such pairs)" if len(rows) > 1 else ""
    return f"{first} and {second} have the same file name{others}"


def _repeats(ordered: pa.LargeStringArray) -> list[int]:
    """The rows whose successor is equal."""
    rows: list[int] = pc.indices_nonzero(pc.equal(ordered[1:], ordered[:-1])).to_pylist()
    return rows
