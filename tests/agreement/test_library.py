"""A library compared with a dictionary that is searched exhaustively, after any mix of changes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from copytrace.library import Item, Settings, index, segments
from copytrace.library.catalogue import Catalogue
from copytrace.library.index import Index
from copytrace.library.place import Place
from copytrace.search.plain import PLAIN

DIMS = 3
SETTINGS = Settings(
    "gist", "gist", "", "default", "", DIMS, biased=False, threshold=1, threshold_source="", ids="path"
)
IDS = st.lists(st.sampled_from("abcdefghijkl"), min_size=1, max_size=4, unique=True)
CHANGES = st.lists(
    st.tuples(st.just("add"), IDS)
    | st.tuples(st.just("remove"), IDS)
    | st.tuples(st.sampled_from(["seal", "compact", "look"]), st.just([])),
    min_size=1,
    max_size=14,
)


def item(item_id: str) -> Item:
    return Item(item_id, f"/{item_id}", "/", item_id, "0" * 64, "0", None, "2026-01-01T00:00:00+00:00")


def assert_same(found: Index, catalogue: Catalogue, expected: dict[str, np.ndarray]) -> None:
    """Look up two points, one of them far from everything."""
    query = np.array([[0, 0, 0], [9, 9, 9]], np.float32)
    with catalogue.reading():
        found.refresh()
        rows = found.nearest(query, 5)
        named = [[(catalogue.item_at(*row[:2]).id, row.distance) for row in each] for each in rows]
    ids = list(expected)
    if not ids:
        assert named == [[], []]
        return
    nearest = PLAIN.nearest(query, np.stack(list(expected.values())), 5)
    for point, each, distance in zip(query, named, nearest.distance.tolist(), strict=True):
        # The order of two equally close ones depends on when they were added.
        assert [near for _, near in each] == distance
        assert distance == [float(np.square(expected[name].astype(float) - point).sum()) for name, _ in each]
        assert len({name for name, _ in each}) == len(each)


@settings(max_examples=15)
@given(changes=CHANGES, seed=st.integers(0, 99))
def test_a_library_finds_what_a_plain_search_of_its_items_finds(
    changes: list[tuple[str, list[str]]], seed: int
) -> None:
    generator = np.random.default_rng(seed)
    expected: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        place.make_folders()
        Catalogue.create(place.catalogue, SETTINGS)
        index.OPEN_BLOCK, before = 4, index.OPEN_BLOCK
        with Catalogue(place.catalogue) as catalogue, Catalogue(place.catalogue) as reader:
            found = Index(place, reader, codes=seed % 2 == 0)
            for verb, ids in changes:
                match verb:
                    case "add":
                        with catalogue.writing():
                            for item_id in ids:
                                expected[item_id] = generator.integers(-2, 3, DIMS).astype(np.float32)
                                catalogue.put(item(item_id), expected[item_id], None)
                    case "remove":
                        with catalogue.writing():
                            for item_id in ids:
                                expected.pop(item_id, None)
                                catalogue.remove(item_id)
                    case "seal":
                        segments.seal(place, catalogue)
                    case "compact":
                        for number in segments.too_empty(catalogue):
                            segments.compact(place, catalogue, number)
                    case "look":
                        assert_same(found, reader, expected)
            assert_same(found, reader, expected)
            assert_same(Index(place, reader, codes=False), reader, expected)
            assert catalogue.count() == len(expected)
        index.OPEN_BLOCK = before
