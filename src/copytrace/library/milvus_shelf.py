"""Vectors in Milvus: the server finds candidates, and their exact distances are computed here.

The number of a row is reserved in the catalogue before the row is inserted, and taken only then by an item. So the
catalogue can always tell which rows belong to nothing: a row that it never reserved was added by another copy of the
library's folder, and one that no item took was left by a killed process.
"""

from __future__ import annotations

import math
from contextlib import ExitStack, closing, suppress
from dataclasses import asdict, replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from copytrace.errors import SearchError
from copytrace.library.catalogue import Catalogue
from copytrace.library.milvus import MOST_FOUND, Address, Collection, StoreError
from copytrace.library.outside_rows import OUTSIDE
from copytrace.library.records import Item
from copytrace.library.shelf import Found
from copytrace.records import Failure
from copytrace.search.arrays import check_search, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from copytrace.library.milvus import Candidates
    from copytrace.library.place import Place
    from copytrace.library.records import Settings
    from copytrace.library.shelf import Rows
    from copytrace.progress import Progress
    from copytrace.records import Float32Array

_SPARE = 16
"""Number of candidates requested beyond those needed."""
_LARGEST_ANSWER = 32 << 20
"""Bytes of vectors in one response of Milvus."""
_ROWS_AT_ONCE = 4096
"""Number of rows read at once; each takes 1 to 2 KB."""


class MilvusShelf:
    """Stores vectors in a collection; see `Shelf`.

    Args:
        folder: the library.
        catalogue: its catalogue.
    """

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self._folder = folder
        self._catalogue = catalogue

    @cached_property
    def _collection(self) -> Collection:
        """The collection of this very library, connected when it is first needed."""
        with ExitStack() as unless_ours:
            collection = unless_ours.enter_context(
                closing(Collection(Address.parse(self._catalogue.settings.store)))
            )
            if not collection.exists():
                raise StoreError(
                    f"{collection.address.text}: this collection does not exist. Repair the library: "
                    f"copytrace library check {self._folder}"
                )
            self._require_ours(collection.settings(), collection.address)
            unless_ours.pop_all()
        return collection

    def _require_ours(self, found: Settings, address: Address) -> None:
        ours = self._catalogue.settings
        if found.store_key != ours.store_key:
            raise StoreError(
                f"{address.text}: contains a different library (model '{found.model_name}', {found.dims} dimensions) "
                f"than {self._folder} (model '{ours.model_name}', {ours.dims} dimensions). Restore the collection from "
                "a backup of Milvus, or create a new library under another name."
            )

    def _require_latest(self) -> None:
        """Refuse to change the collection if another copy of the folder has."""
        if self._collection.has_after(self._catalogue.outside.last()):
            raise StoreError(
                f"{self._collection.address.text}: has images that {self._folder} does not know: another copy of this "
                "folder has added them. Use that copy, or make a new folder: copytrace library restore DIR --store "
                f"{self._collection.address.text}"
            )

    def refresh(self) -> None:
        """Connect when this is first called; then Milvus itself knows what has changed."""
        _ = self._collection

    def nearest(self, query: Float32Array, k: int) -> list[list[Found]]:
        """The `k` nearest rows of each query.

        Milvus rounds distances and may return rows that belong to nothing, so it is asked for more rows until those
        that it left out cannot be among the nearest.
        """
        check_search(query, np.empty((1, self._catalogue.settings.dims), np.float32), "k", k, np.inf)
        if k > MOST_FOUND:
            raise SearchError(f"k is {k}; Milvus finds at most {MOST_FOUND:,}.")
        query = read_rows("query", query, 0, len(query), np.float32)
        found: list[list[Found]] = [[] for _ in query]
        remaining, limit = list(range(len(query))), k + _SPARE
        while remaining and self._catalogue.count():
            limit = min(limit, MOST_FOUND)
            unsettled = []
            at_once = max(1, _LARGEST_ANSWER // (limit * query.itemsize * query.shape[1]))
            for start in range(0, len(remaining), at_once):
                some = remaining[start : start + at_once]
                for row, candidates in zip(some, self._collection.search(query[some], limit), strict=True):
                    found[row], settled = self._nearest_of(query[row], candidates, k)
                    if not settled and len(candidates.numbers) == limit < MOST_FOUND:
                        unsettled.append(row)
            remaining, limit = unsettled, 4 * limit
        return found

    def _nearest_of(self, query: Float32Array, candidates: Candidates, k: int) -> tuple[list[Found], bool]:
        """The nearest of the candidates that belong to an item, and whether no other row can be among them."""
        living = self._catalogue.outside.living(candidates.numbers.tolist())
        live = np.isin(candidates.numbers, list(living))
        numbers = candidates.numbers[live]
        square = np.square(candidates.vectors[live].astype(np.float64) - query)
        distances = np.add.accumulate(square, axis=1)[:, -1]
        order = np.lexsort((numbers, distances))[:k]
        settled = len(order) == k and distances[order[-1]] < _surely_nearer(query, candidates)
        chosen = zip(numbers[order].tolist(), distances[order].tolist(), strict=True)
        return [Found(OUTSIDE, number, distance) for number, distance in chosen], bool(settled)

    def put(self, rows: Rows) -> None:
        """Add items: their rows are in Milvus when the catalogue names them."""
        items, vectors, bias = rows
        if not items:
            return
        self._require_latest()
        with self._catalogue.writing():
            numbers = self._catalogue.outside.reserve(len(items))
        biases = [None] * len(items) if bias is None else bias.tolist()
        told = [asdict(item) | {"bias": of_item} for item, of_item in zip(items, biases, strict=True)]
        self._collection.insert(numbers, vectors, told)
        with self._catalogue.writing():
            for number, item in zip(numbers, items, strict=True):
                self._catalogue.put_outside(item, number)
        self._delete_removed()

    def remove(self, ids: Sequence[str], *, purge: bool) -> None:
        """Remove items, then their rows in Milvus."""
        self._require_latest()
        with self._catalogue.writing():
            for item_id in ids:
                self._catalogue.remove(item_id, decisions=purge)
        self._delete_removed()
        if purge:
            self._collection.compact()

    def tidy(self) -> None:
        """Delete rows that a killed process left; they count for nothing, so this can wait until Milvus is there."""
        with suppress(StoreError):
            self._delete_removed()

    def _delete_removed(self) -> None:
        rows = self._catalogue.outside.removed()
        if rows:
            self._collection.delete(rows)
            with self._catalogue.writing():
                self._catalogue.outside.forget_removed(rows)

    def repair(self, progress: Progress) -> list[Failure]:
        """Compare the rows in Milvus with those of the catalogue; create the collection if it is missing."""
        address = Address.parse(self._catalogue.settings.store)
        with closing(Collection(address)) as collection:
            exists = collection.exists()
            if not exists:
                collection.create(self._catalogue.settings)
        if not exists:
            with self._catalogue.writing():
                self._catalogue.lose_segment(OUTSIDE)
            return [Failure(address.text, "the collection was missing; created a new one")]
        self._require_latest()
        missing, unnamed = 0, 0
        stop = self._catalogue.outside.last() + 1
        with progress.task("check", stop - 1, "rows") as bar:
            for first in range(1, stop, _ROWS_AT_ONCE):
                there = self._collection.numbers_between(first, first + _ROWS_AT_ONCE)
                known = self._catalogue.outside.between(first, first + _ROWS_AT_ONCE)
                if lost := known - there:
                    with self._catalogue.writing():
                        self._catalogue.outside.lose(lost)
                self._collection.delete(sorted(there - known))
                missing, unnamed = missing + len(lost), unnamed + len(there - known)
                bar.advance(min(_ROWS_AT_ONCE, stop - first))
        found = [(missing, "rows of images are missing"), (unnamed, "rows belong to no image; deleted")]
        return [Failure(address.text, f"{count:,} {problem}") for count, problem in found if count]

    def rows(self) -> Iterator[Rows]:
        """All items that have a vector."""
        biased = self._catalogue.settings.biased
        placed = self._catalogue.in_order()
        while some := list(islice(placed, _ROWS_AT_ONCE)):
            found = self._collection.get([row for _, row, _ in some])
            if len(found) < len(some):
                raise StoreError(
                    f"{self._collection.address.text}: {len(some) - len(found):,} rows of images are missing. Repair "
                    f"the library: copytrace library check {self._folder}"
                )
            rows = [found[row] for _, row, _ in some]
            bias = np.array([told["bias"] for _, told in rows], np.float32) if biased else None
            yield [item for _, _, item in some], np.stack([vector for vector, _ in rows]), bias

    def close(self) -> None:
        """Disconnect."""
        if "_collection" in vars(self):
            self._collection.close()


def create_collection(settings: Settings) -> None:
    """Create the collection of a new library.

    Raises:
        InputError: the address cannot be read.
        StoreError: the server cannot be reached, or has a collection of this name.
    """
    with closing(Collection(Address.parse(settings.store))) as collection:
        if collection.exists():
            raise StoreError(
                f"{settings.store}: this collection already exists. Choose another name; or, if it holds a library "
                f"whose folder is lost, restore that: copytrace library restore DIR --store {settings.store}"
            )
        collection.create(settings)


def restore_catalogue(place: Place, store: str) -> Settings:
    """Write the catalogue of a library whose folder is lost, from its collection; returns its settings.

    Of two rows of an ID, the later one counts.

    Raises:
        InputError: the address cannot be read.
        StoreError: the collection does not exist, or holds no library.
    """
    with closing(Collection(Address.parse(store))) as collection:
        settings = replace(collection.settings(), store=store)
        Catalogue.create(place.catalogue, settings)
        with Catalogue(place.catalogue) as catalogue:
            first = 1
            while collection.has_after(first - 1):
                told = collection.items_between(first, first + _ROWS_AT_ONCE)
                with catalogue.writing():
                    for number in sorted(told):
                        del told[number]["bias"]
                        catalogue.put_outside(Item(**told[number]), number)
                        catalogue.outside.set_last(number)
                first += _ROWS_AT_ONCE
    return settings


def _surely_nearer(query: Float32Array, candidates: Candidates) -> float:
    """A distance up to which Milvus has returned all rows, however it has rounded in float32."""
    furthest = float(candidates.distances.max())
    norm = float(np.linalg.norm(query))
    largest = norm**2 + (norm + math.sqrt(max(furthest, 0))) ** 2
    return furthest - largest * len(query) * float(np.finfo(np.float32).eps)
