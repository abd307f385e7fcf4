from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from copytrace.descriptors import Choice
from copytrace.engines import LocalEngine, open_ledger
from copytrace.images import list_images
from copytrace.pipelines import query_views
from copytrace.pipelines.describe import describe
from copytrace.pipelines.pictures import Pictures
from copytrace.pipelines.query_views import ViewVectors, describe_views, gathered
from copytrace.pipelines.views import VIEWS
from copytrace.progress import SILENT
from copytrace.vectors import open_descriptors, query_vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from copytrace.records import Float32Array

GIST = Choice("gist")
HALF_TURN = next(view for view in VIEWS if view.name == "half turn")


def noise(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (48, 64, 3), dtype=np.uint8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures, the second one turned upside down."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    noise(0).save(folder / "a.png")
    noise(1).save(folder / "b.png")
    noise(1).rotate(180).save(folder / "c.png")
    return folder


@pytest.fixture
def views_of(folder: Path, tmp_path: Path) -> Iterator[Callable[[], list[ViewVectors]]]:
    """Describes the pictures turned by half a turn, with finished chunks kept between calls."""
    describe(folder, tmp_path / "set.h5", model="gist", workers=1)
    with open_descriptors(tmp_path / "set.h5") as stored:

        def describe_now() -> list[ViewVectors]:
            with open_ledger(tmp_path / "parts", tmp_path) as ledger:
                pictures = Pictures(stored, list_images(folder))
                how = {"engine": LocalEngine(1), "ledger": ledger, "progress": SILENT}
                return list(describe_views(pictures, GIST, [HALF_TURN], **how))

        yield describe_now


def whole(tmp_path: Path) -> Float32Array:
    with open_descriptors(tmp_path / "set.h5") as stored:
        vectors: Float32Array = query_vectors(stored)[0:3]
        return vectors


def test_a_view_of_a_turned_picture_is_the_picture(
    views_of: Callable[[], list[ViewVectors]], tmp_path: Path
) -> None:
    [found] = views_of()
    assert found.query.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(found.vectors[[1, 2]], whole(tmp_path)[[2, 1]])


def test_a_picture_that_no_longer_exists_has_no_views(
    views_of: Callable[[], list[ViewVectors]], folder: Path
) -> None:
    (folder / "b.png").unlink()
    assert [found.query.tolist() for found in views_of()] == [[0, 2]]


def test_an_interrupted_run_resumes(
    views_of: Callable[[], list[ViewVectors]], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = views_of()
    monkeypatch.setattr(query_views, "describe_view_chunk", lambda _: pytest.fail("described again"))
    np.testing.assert_array_equal(views_of()[0].vectors, before[0].vectors)


def test_a_changed_picture_is_described_again(
    views_of: Callable[[], list[ViewVectors]], folder: Path
) -> None:
    before = views_of()
    noise(2).save(folder / "b.png", compress_level=0)
    assert (views_of()[0].vectors != before[0].vectors).any(axis=1).tolist() == [False, True, False]


def test_views_are_gathered_for_one_search() -> None:
    parts = [ViewVectors(np.arange(count), np.zeros((count, 1), np.float32)) for count in (0, 2, 1, 3, 1)]
    assert [len(some) for some in gathered(parts, 3)] == [3, 3, 1]
    assert list(gathered(parts[:1], 3)) == []
