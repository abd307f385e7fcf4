"""What the images of a source are called: by their file name alone, or by their path."""

from __future__ import annotations

from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from copytrace.errors import SourceError

IdScheme = Literal["auto", "stem", "path"]
"""`stem`: the file name without folder and ending; `path`: the path within the source; `auto`: stem if that
gives each image an ID of its own, else path."""

# The last ending goes, but a name like ".jpg" stays whole.
_STEM = r"(?s)^(?:.*/)?([^/]+?)(?:\.[^./]*)?$"


def assign_ids(
    source: str, relatives: pa.LargeStringArray, scheme: IdScheme
) -> tuple[pa.LargeStringArray, Literal["stem", "path"], tuple[str, ...]]:
    """The ID of each image, the scheme that `auto` came to, and notices.

    Args:
        source: the source, for messages.
        relatives: (n,) paths within the source, in code-point order.
        scheme: what IDs are made of.

    Raises:
        SourceError: two images would have one ID; the message names both.
    """
    twice, _ = _repeats(relatives)
    if twice is not None:
        raise SourceError(f"{source}: {relatives[twice]} is there twice. Remove one of the two entries.")
    if scheme == "path":
        return relatives, "path", ()
    stems = pc.replace_substring_regex(relatives, _STEM, r"\1")
    order = pc.sort_indices(stems)
    row, count = _repeats(stems.take(order))
    if row is None:
        return stems, "stem", ()
    first, second = relatives[order[row].as_py()], relatives[order[row + 1].as_py()]
    clash = f"{first} and {second} have the same file name"
    if count > 1:
        clash += f" ({count:,} such pairs)"
    if scheme == "stem":
        raise SourceError(
            f"{source}: {clash}. An ID belongs to one image: rename one, or use the relative path: --ids path"
        )
    return relatives, "path", (f"{source}: {clash}; so each image's ID is its relative path.",)


def _repeats(ordered: pa.LargeStringArray) -> tuple[int | None, int]:
    """The first row whose successor is equal (None: there is none), and the number of such rows."""
    rows = pc.indices_nonzero(pc.equal(ordered[1:], ordered[:-1]))
    return (rows[0].as_py() if len(rows) else None), len(rows)
