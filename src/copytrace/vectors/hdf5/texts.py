"""Reads IDs and short texts, of fixed or variable length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

import h5py

from copytrace.errors import SubmissionError
from copytrace.vectors.distinct_ids import are_distinct_ids
from copytrace.vectors.faults import Faults, shown
from copytrace.vectors.hdf5.attribute_text import attribute_text
from copytrace.vectors.hdf5.element_types import type_name
from copytrace.vectors.hdf5.opening import noting_damage
from copytrace.vectors.id_rules import LONGEST_ID, judge_ids

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt

    from copytrace.vectors.hdf5.stored_array import StoredArray


class StoredTexts(Sequence[str]):
    """The texts of a dataset in an open file, read and decoded on access.

    Args:
        stored: the dataset.
        kept: (n,) all its rows, if they are in memory and known to be UTF-8, padded with NUL.
    """

    __hash__ = None  # type: ignore[assignment]  # Like a list, to which it may be equal.

    def __init__(self, stored: StoredArray, kept: npt.NDArray[np.bytes_] | None = None) -> None:
        self._stored = stored
        self.kept = kept

    def __len__(self) -> int:
        return len(self._stored)

    def __iter__(self) -> Iterator[str]:
        return iter(self[:])

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        """A text, or a list of texts.

        Raises:
            SubmissionError: the file is damaged here, or a text is not UTF-8.
        """
        if isinstance(index, slice):
            rows = range(*index.indices(len(self)))
            return self._read(rows.start, rows.stop)[:: rows.step]
        if self.kept is not None:
            return bytes(self.kept[index]).decode()
        row = range(len(self))[index]
        return self._read(row, row + 1)[0]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __repr__(self) -> str:
        return repr(list(self))

    def _read(self, start: int, stop: int) -> list[str]:
        if self.kept is not None:
            return [text.decode() for text in self.kept[start:stop].tolist()]
        texts = self._stored.texts(slice(start, stop))
        if self._stored.padding == b"\0" and (together := _decoded_together(texts)) is not None:
            return together
        return [_decoded(row, text, self._stored) for row, text in enumerate(texts, start)]


def read_ids(stored: StoredArray, faults: Faults) -> Sequence[str] | None:
    """The distinct IDs of a dataset, or None and a fault; reports invalid and repeated IDs."""
    with noting_damage(repr(stored.name), faults):
        try:
            if not stored.variable and stored.padding == b"\0" and are_distinct_ids(kept := stored[:]):
                return StoredTexts(stored, kept)
            ids = StoredTexts(stored)[:]
        except SubmissionError as error:
            faults.adopt(error)
        else:
            judge_ids(ids, repr(stored.name), faults)
            return ids
    return None


def _decoded_together(texts: Sequence[bytes]) -> list[str] | None:
    """The texts, decoded at once, which takes a third of the time; None if they need a closer look.

    They need one if they contain NUL or a line break, are not UTF-8, or if there are none.
    """
    joined = b"\n".join(texts)
    if b"\0" in joined or joined.count(b"\n") != len(texts) - 1:
        return None
    try:
        return joined.decode().split("\n")
    except UnicodeDecodeError:
        return None


def _decoded(row: int, text: bytes, stored: StoredArray) -> str:
    try:
        # C programs end a text with NUL and leave the remaining bytes as they were.
        return text.partition(b"\0")[0].rstrip(stored.padding).decode()
    except UnicodeDecodeError as error:
        sentence = f"{stored.name!r} has a text in row {row} that is not UTF-8: {shown(repr(text))}."
        raise SubmissionError([f"{stored.path}: {sentence} Write the texts as UTF-8."]) from error


def read_attribute(file: h5py.File, name: str, faults: Faults) -> str | None:
    """The text of an attribute; None if there is none, or None and a fault if it is not a short text."""
    with noting_damage(f"the attribute {name!r}", faults):
        if not h5py.h5a.exists(file.id, name.encode()):
            return None
        attribute = h5py.h5a.open(file.id, name.encode())
        found = attribute.get_type()
        if found.get_class() == h5py.h5t.STRING and attribute.shape == () and found.get_size() <= LONGEST_ID:
            if found.is_variable_str():
                return attribute_text(file.id.get_vfd_handle(), name, file.userblock_size).decode()
            return bytes(file.attrs[name]).decode()
        faults.add(
            f"the attribute {name!r} contains {type_name(found)} of the shape {attribute.shape};"
            " expected one short text."
        )
    return None
