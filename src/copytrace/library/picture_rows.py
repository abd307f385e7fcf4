"""The pictures that a verified lookup compares: those of the queries and of the items."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.errors import InputError, SourceError
from copytrace.images import ImageFile, list_images
from copytrace.records import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.images import ImageList
    from copytrace.library.catalogue import Catalogue
    from copytrace.library.pictures import Query
    from copytrace.library.records import Item


class QueryPictures:
    """The pictures of the queries; see `PictureRows`. Their features are not kept."""

    keypoints: Path | None = None

    def __init__(self, queries: Sequence[Query]) -> None:
        self._queries = queries

    def __len__(self) -> int:
        return len(self._queries)

    def has_keypoints(self) -> bool:
        """No."""
        return False

    def file(self, row: int) -> ImageFile | None:
        """The picture of a query."""
        return self._queries[row].image

    def missing(self, row: int) -> Failure:
        """The failure to report for a query without a picture."""
        return Failure(self._queries[row].name, "has no picture")

    def digest(self, row: int) -> str | None:
        """The digest of its file; None if there is no file."""
        return self._queries[row].sha256

    def digests(self, rows: Sequence[int]) -> list[str | None]:
        """The digests of some queries."""
        return [self.digest(row) for row in rows]


class ItemPictures:
    """The pictures of items at their present locations; see `PictureRows`.

    Args:
        items: the items.
        keypoints: the file of their features.
        sources: listings of the sources needed so far; unpacked tar files exist as long as it does.
    """

    def __init__(self, items: Sequence[Item] | ItemsById, keypoints: Path, sources: Sources) -> None:
        self._items = items
        self._sources = sources
        self.keypoints = keypoints

    def __len__(self) -> int:
        return len(self._items)

    def has_keypoints(self) -> bool:
        """Whether features of some items are kept."""
        return self.keypoints.exists()

    def file(self, row: int) -> ImageFile | None:
        """The picture of an item; None if it no longer exists."""
        return self._sources.file(self._items[row])

    def missing(self, row: int) -> Failure:
        """The failure to report for an item without a picture."""
        return Failure(self._items[row].path, "does not exist")

    def digest(self, row: int) -> str | None:
        """The digest of the file that was added."""
        return self._items[row].content_sha256

    def digests(self, rows: Sequence[int]) -> list[str | None]:
        """The digests of some items."""
        return [self.digest(row) for row in rows]


class ItemsById:
    """Items as a sequence, each read on access.

    Args:
        catalogue: the items.
        ids: their IDs.
    """

    def __init__(self, catalogue: Catalogue, ids: Sequence[str]) -> None:
        self._catalogue = catalogue
        self._ids = ids

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, row: int) -> Item:
        item = self._catalogue.item(self._ids[row])
        if item is None:
            raise InputError(
                f"{self._ids[row]}: was removed from the library during the lookup. Run it again."
            )
        return item


class Sources:
    """Finds the pictures of items; each source other than a folder is listed once."""

    def __init__(self) -> None:
        self._listed: dict[str, ImageList | None] = {}

    def file(self, item: Item) -> ImageFile | None:
        """The picture of an item; None if it no longer exists."""
        if Path(item.path).is_file():
            return ImageFile(item.id, item.path, item.relative)
        # A path alone is not enough for a tar file or a URL.
        if "://" not in item.path and ".tar" not in item.path:
            return None
        if item.source not in self._listed:
            self._listed[item.source] = _list(item.source)
        images = self._listed[item.source]
        row = None if images is None else images.find(item.relative)
        return None if images is None or row is None else images[row]


def _list(source: str) -> ImageList | None:
    try:
        return list_images(source, ids="path")
    except SourceError:
        return None
