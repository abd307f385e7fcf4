"""Every store of a library's vectors: the folder itself, and Milvus."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from copytrace.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STORES = ["folder", pytest.param("milvus", marks=pytest.mark.needs("milvus"))]

DIES_WHILE_ADDING = """
import os, signal, sys
from copytrace.library import Library

folder, store = sys.argv[1:]
Library.create(f"{folder}/library", model="gist", store=store)
with Library.open(f"{folder}/library") as library:
    library.add(f"{folder}/a.png")

    def die_at_the_item(statement):
        if statement.startswith("INSERT OR REPLACE INTO item"):
            os.kill(os.getpid(), signal.SIGKILL)

    library._catalogue._database.set_trace_callback(die_at_the_item)
    library.add(f"{folder}/b.png")
"""


def paint(path: Path, seed: int) -> Path:
    blocks = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(blocks).resize((64, 64), Image.Resampling.NEAREST).save(path)
    return path


def address(store: str, folder: Path) -> str:
    return f"milvus://{folder}/lite.db/pictures" if store == "milvus" else ""


@pytest.fixture(params=STORES)
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Library]:
    """A library of four pictures, a.png to d.png, of which c.png and d.png look the same."""
    (tmp_path / "photos").mkdir()
    for name, seed in zip("abcd", (0, 1, 2, 2), strict=True):
        paint(tmp_path / "photos" / f"{name}.png", seed)
    Library.create(tmp_path / "library", model="gist", store=address(request.param, tmp_path))
    with Library.open(tmp_path / "library") as opened:
        opened.add(tmp_path / "photos")
        yield opened


def found(library: Library, picture: Path) -> list[tuple[str, float]]:
    return [(hit.id, hit.score) for hit in library.lookup(picture, verify=False).hits]


def test_what_is_added_is_found_until_it_is_removed(library: Library, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    assert found(library, photos / "a.png")[0] == ("a.png", 0.0)
    assert found(library, photos / "c.png")[:2] == [("c.png", 0.0), ("d.png", 0.0)]
    library.remove(["a.png"])
    library.remove(["c.png"], purge=True)
    assert sorted(name for name, _ in found(library, photos / "c.png")) == ["b.png", "d.png"]
    assert library.check().sound


def test_a_replaced_image_is_found_by_its_new_vector_alone(library: Library, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    old = paint(tmp_path / "old.png", 1)
    before = dict(found(library, old))["b.png"]
    paint(photos / "b.png", 7)
    assert library.add(photos, replace=True).replaced == 1
    after = dict(found(library, old))
    assert (before, len(after)) == (0.0, 4)
    assert after["b.png"] < -0.01
    assert found(library, photos / "b.png")[0] == ("b.png", 0.0)


def test_a_library_that_is_opened_again_finds_the_same(library: Library, tmp_path: Path) -> None:
    before = found(library, tmp_path / "photos" / "a.png")
    library.close()
    with Library.open(library.path) as again:
        assert found(again, tmp_path / "photos" / "a.png") == before
        assert again.add(tmp_path / "photos").unchanged == 4


@pytest.mark.parametrize("store", STORES)
def test_an_addition_that_is_killed_adds_nothing_and_can_be_repeated(store: str, tmp_path: Path) -> None:
    pictures = [paint(tmp_path / f"{name}.png", seed) for seed, name in enumerate("ab")]
    command = [sys.executable, "-c", DIES_WHILE_ADDING, tmp_path, address(store, tmp_path)]
    assert subprocess.run(command, check=False, capture_output=True).returncode == -9
    with Library.open(tmp_path / "library") as library:
        assert [name for name, _ in found(library, pictures[1])] == ["a.png"]
        assert library.add(pictures[1]).added == 1
        assert found(library, pictures[1])[0] == ("b.png", 0.0)
        assert library.check().damaged == ()


@pytest.mark.needs("milvus")
def test_all_stores_find_the_same_to_the_last_bit(tmp_path: Path) -> None:
    # Of the many that look the same, those that were added first are found: more than Milvus is asked for at first.
    pictures = [paint(tmp_path / f"{number:02}.png", min(number, 9)) for number in range(36)]
    results = []
    for store in ("folder", "milvus"):
        Library.create(tmp_path / store, model="gist", store=address(store, tmp_path))
        with Library.open(tmp_path / store) as library:
            library.add(tmp_path)
            library.remove([pictures[5].name])
            library.export(tmp_path / f"{store}.h5")
            shape = 20, library.settings.dims
            points = np.random.default_rng(0).standard_normal(shape).astype(np.float32) / 16
            answers = [*library.lookup_vectors(points, k=5), library.lookup(pictures[9], k=5, verify=False)]
            results.append([[(hit.id, hit.score) for hit in each.hits] for each in answers])
    assert results[0] == results[1]
    assert [name for name, _ in results[1][-1]] == ["09.png", "10.png", "11.png", "12.png", "13.png"]
    assert (tmp_path / "folder.h5").read_bytes() == (tmp_path / "milvus.h5").read_bytes()
