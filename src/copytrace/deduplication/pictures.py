"""The pictures of a collection as records, each created on access."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.deduplication.records import Picture
from copytrace.images import Facts, read_facts

if TYPE_CHECKING:
    from copytrace.deduplication.collection import Collection


class Album:
    """The pictures of a collection by row.

    Args:
        collection: the collection.
    """

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        self._known: dict[int, Picture] = {}

    def __getitem__(self, row: int) -> Picture:
        if row not in self._known:
            self._known[row] = self._picture(row)
        return self._known[row]

    def _picture(self, row: int) -> Picture:
        stored, pictures = self.collection.descriptors, self.collection.pictures
        file = pictures.file(row)
        known = Facts() if file is None else read_facts(file)
        name = stored.ids[row] if file is None else file.name
        return Picture(stored.ids[row], name, file, pictures.digest(row), known)
