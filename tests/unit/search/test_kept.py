from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.errors import SearchError
from copytrace.search import KeptSearch, keep_block, kept
from copytrace.search.plain import PLAIN
from copytrace.search.sieve import SIEVE, _kept, _products

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.records import BoolArray, Float32Array, Neighbours
    from copytrace.search import KeptBlock

WAYS = {"wide": _products.WIDE, "narrow": _products.NARROW, "no product": None}


@pytest.fixture(params=[*WAYS, "no compiler"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Force the search to use the codes of one product, or, as other machines must, no codes."""
    if request.param == "no compiler":
        monkeypatch.setattr(SIEVE, "available", lambda: False)
        return str(request.param)
    product = WAYS[request.param]
    if product is not None and not product.available():
        pytest.skip(f"this CPU has no {product.feature}")
    monkeypatch.setattr(_products, "quickest", lambda: product)
    return str(request.param)


def normal(rows: int, seed: int, dims: int = 24) -> Float32Array:
    return np.random.default_rng(seed).normal(size=(rows, dims)).astype(np.float32)


def cut(rows: Float32Array, *stops: int) -> list[KeptBlock]:
    return [keep_block(piece) for piece in np.split(rows, stops)]


def assert_nearest(
    found: Neighbours, query: Float32Array, rows: Float32Array, k: int, live: BoolArray | None = None
) -> None:
    """Compare with the plain search of the valid rows."""
    numbers = np.flatnonzero(np.ones(len(rows), bool) if live is None else live)
    expected = PLAIN.nearest(query, rows[numbers], k)
    missing = found.reference.shape[1] - expected.reference.shape[1]
    names = np.pad(numbers[expected.reference], ((0, 0), (0, missing)), constant_values=-1)
    np.testing.assert_array_equal(found.reference, names)
    distance = np.pad(expected.distance, ((0, 0), (0, missing)), constant_values=np.inf)
    np.testing.assert_array_equal(found.distance, distance)


@pytest.mark.usefixtures("way")
def test_blocks_are_searched_as_one_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "PIECE", 256)
    monkeypatch.setattr(kept, "LARGEST_BLOCK", 256)
    monkeypatch.setattr(kept, "CHUNK", 4)
    rows, query = normal(1500, 1), normal(9, 2)
    rows[700] = rows[20] = query[3]

    found = KeptSearch(cut(rows, 1000, 1017)).nearest(query, 10, threads=2)

    assert found.reference[3, :2].tolist() == [20, 700]
    assert_nearest(found, query, rows, 10)


@pytest.mark.usefixtures("way")
def test_removed_references_are_not_found() -> None:
    rows, query = normal(900, 1), normal(3, 2)
    live = np.random.default_rng(3).random(900) < 0.5
    assert_nearest(KeptSearch(cut(rows, 500), live).nearest(query, 5), query, rows, 5, live)


@pytest.mark.usefixtures("way")
def test_fewer_references_than_asked_for_leave_free_places() -> None:
    rows, query = normal(40, 1), normal(2, 2)
    live = np.arange(40) < 3
    found = KeptSearch([keep_block(rows)], live).nearest(query, 7)
    assert_nearest(found, query, rows, 7, live)
    assert (found.reference[:, 3:] == -1).all()


@pytest.mark.usefixtures("way")
def test_only_references_within_the_limit_are_found() -> None:
    rows, query = normal(400, 1), normal(5, 2)
    within = float(np.median(PLAIN.nearest(query, rows, 4).distance))
    found = KeptSearch([keep_block(rows)]).nearest(query, 4, within=within)
    expected = PLAIN.nearest(query, rows, 4, within=within)
    np.testing.assert_array_equal(found.reference, expected.reference)
    assert (found.reference == -1).any()


def test_a_block_without_codes_is_searched_beside_one_with_codes() -> None:
    rows, query = normal(300, 1), normal(2, 2)
    blocks = [keep_block(rows[:200]), keep_block(rows[200:], codes=False)]
    assert blocks[1].codes is None
    assert_nearest(KeptSearch(blocks).nearest(query, 5), query, rows, 5)


def test_what_cannot_be_searched_is_refused() -> None:
    search = KeptSearch([keep_block(normal(20, 1))])
    with pytest.raises(SearchError, match="24"):
        search.nearest(normal(1, 2, dims=23), 3)
    with pytest.raises(SearchError, match="'query' row 0"):
        search.nearest(np.full((1, 24), np.nan, np.float32), 3)


@pytest.fixture
def coded() -> None:
    if _products.quickest() is None:
        pytest.skip("this CPU has no products of codes")


def codes_in(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.npy"))


@pytest.mark.usefixtures("coded")
def test_codes_are_made_once_and_read_from_their_file_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, query = normal(333, 1), normal(4, 2)
    keep_block(rows, tmp_path / "000001")
    assert [path.name.partition(".")[0] for path in codes_in(tmp_path)] == ["000001"]

    monkeypatch.setattr(_kept, "encode", None)
    block = keep_block(rows, tmp_path / "000001")

    np.testing.assert_array_equal(block.sample, rows[::64])
    assert_nearest(KeptSearch([block]).nearest(query, 5), query, rows, 5)


@pytest.mark.usefixtures("coded")
@pytest.mark.parametrize("damage", ["empty", "cut", "of other references"])
def test_damaged_codes_are_made_again(tmp_path: Path, damage: str) -> None:
    rows, query = normal(333, 1), normal(4, 2)
    keep_block(normal(100, 3) if damage == "of other references" else rows, tmp_path / "000001")
    [path] = codes_in(tmp_path)
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-1])

    block = keep_block(rows, tmp_path / "000001")

    assert_nearest(KeptSearch([block]).nearest(query, 5), query, rows, 5)
    assert _kept._read(path, rows.shape, _products.quickest() or _products.NARROW) is not None


@pytest.mark.usefixtures("coded")
def test_where_codes_cannot_be_kept_they_stay_in_memory(tmp_path: Path) -> None:
    rows, query = normal(100, 1), normal(2, 2)
    block = keep_block(rows, tmp_path / "gone" / "000001")
    assert_nearest(KeptSearch([block]).nearest(query, 5), query, rows, 5)
