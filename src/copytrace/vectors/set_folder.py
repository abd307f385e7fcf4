"""A folder of closed descriptor sets, read as one set: the segments of a library, or the shards of a cluster."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from copytrace.errors import SubmissionError
from copytrace.vectors.distinct_ids import are_distinct_ids
from copytrace.vectors.faults import Faults, shown
from copytrace.vectors.hdf5 import StoredTexts
from copytrace.vectors.id_rules import repeats
from copytrace.vectors.vectors import chunk_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copytrace.records import Float32Array
    from copytrace.vectors.stored_descriptors import Header, StoredDescriptors
    from copytrace.vectors.vectors import Vectors

_ONE_MODEL = ("model", "model_sha256", "quality", "background_sha256", "dims", "biased")
"""Attributes that the members of a folder must share."""


class JoinedVectors:
    """Vectors of several members, one after the other, as one matrix (n, d)."""

    dtype = np.dtype(np.float32)

    def __init__(self, members: Sequence[Vectors]) -> None:
        self._members = members
        self._starts = _starts(members)
        self.shape = (self._starts[-1], members[0].shape[1])
        rows = max(map(chunk_rows, members))
        self.chunks = (rows, self.shape[1]) if rows > 1 else None

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice, /) -> Float32Array:
        pieces = [self._members[member][piece] for member, piece in _pieces(self._starts, rows)]
        return np.concatenate(pieces) if pieces else np.empty((0, self.shape[1]), np.float32)


class JoinedTexts(Sequence[str]):
    """Texts of several members, one after the other, as one sequence."""

    __hash__ = None  # type: ignore[assignment]  # Like a list, to which it may be equal.

    def __init__(self, members: Sequence[Sequence[str]]) -> None:
        self._members = members
        self._starts = _starts(members)

    def __len__(self) -> int:
        return self._starts[-1]

    def __iter__(self) -> Iterator[str]:
        for member in self._members:
            yield from member

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            rows = range(*index.indices(len(self)))
            if rows.step != 1:
                return [self[row] for row in rows]
            pieces = _pieces(self._starts, index)
            return [text for member, piece in pieces for text in self._members[member][piece]]
        row = range(len(self))[index]
        member = bisect_right(self._starts, row) - 1
        return self._members[member][row - self._starts[member]]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)


def joined(folder: Path, members: Sequence[StoredDescriptors]) -> dict[str, Any]:
    """The attributes of `StoredDescriptors` for several open sets together.

    The source is empty if the members' sources differ; each path stays relative to its own member's source.

    Raises:
        SubmissionError: the members were made by different models, or have an ID in common.
    """
    first = members[0]
    for member in members[1:]:
        _require_one_model(folder, first, member)
    biases = [member.bias for member in members if member.bias is not None]
    ids = JoinedTexts([member.ids for member in members])
    _require_distinct(folder, members, ids)
    return {
        **{name: getattr(first, name) for name in _ONE_MODEL},
        "path": folder,
        "images": len(ids),
        "copytrace_version": _common(members, "copytrace_version"),
        "source": _common(members, "source"),
        "device": _common(members, "device"),
        "ids": ids,
        "vectors": JoinedVectors([member.vectors for member in members]),
        "bias": np.concatenate(biases) if biases else None,
        "tiles": _tiles(members),
        **{name: _column(members, name) for name in ("paths", "content_sha256", "fingerprints")},
    }


def _tiles(members: Sequence[StoredDescriptors]) -> Vectors | None:
    """The tiles of all members, if each image has the same number."""
    tiles = [member.tiles for member in members if member.tiles is not None]
    alike = len({member.tiles_per_image for member in members}) == 1
    return JoinedVectors(tiles) if tiles and alike else None


def _require_one_model(folder: Path, first: Header, member: Header) -> None:
    for name in _ONE_MODEL:
        expected, found = getattr(first, name), getattr(member, name)
        if found != expected:
            raise SubmissionError(
                [
                    (
                        f"{folder}: its sets do not belong together: {name} is {expected!r} in {first.path.name} and "
                        f"{found!r} in {member.path.name}. Describe all of them with one model: copytrace describe"
                    )
                ]
            )


def _require_distinct(folder: Path, members: Sequence[StoredDescriptors], ids: Sequence[str]) -> None:
    """Refuse an ID that is in two members; within a member, IDs are distinct already."""
    columns = [member.ids.kept for member in members if isinstance(member.ids, StoredTexts)]
    known = [column for column in columns if column is not None]
    if len(members) == 1 or (len(known) == len(members) and are_distinct_ids(np.concatenate(known))):
        return
    faults = Faults(folder)
    repeated = repeats(ids)
    faults.add_kind(
        (
            f"the ID {shown(image_id)} is in {count} of its sets; IDs must be unique."
            for image_id, count in repeated
        ),
        len(repeated),
        "IDs are in several sets",
    )
    faults.raise_if_any()


def _common(members: Sequence[Header], name: str) -> str:
    """The value that all members share, or empty."""
    texts = {getattr(member, name) for member in members}
    return texts.pop() if len(texts) == 1 else ""


def _column(members: Sequence[StoredDescriptors], name: str) -> Sequence[str] | None:
    columns = [getattr(member, name) for member in members]
    return None if None in columns else JoinedTexts(columns)


def _starts(members: Sequence[Any]) -> list[int]:
    """The first row of each member, and the total number of rows."""
    lengths = (member.shape[0] if hasattr(member, "shape") else len(member) for member in members)
    return [0, *accumulate(lengths)]


def _pieces(starts: Sequence[int], rows: slice) -> Iterator[tuple[int, slice]]:
    """Split a slice of rows among the members."""
    start, stop, _ = rows.indices(starts[-1])
    for member, (first, after) in enumerate(pairwise(starts)):
        if start < after and stop > first and start < stop:
            yield member, slice(max(start - first, 0), min(stop, after) - first)
