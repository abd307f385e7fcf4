from __future__ import annotations

import tarfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.images import list_images
from copytrace.pipelines.pictures import pictures_of
from copytrace.pipelines.sides import Side
from copytrace.records import Descriptors
from copytrace.vectors import open_descriptors, write_descriptors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with a.jpg and sub/b.jpg."""
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(b"first")
    (folder / "sub" / "b.jpg").write_bytes(b"second")
    return folder


@contextmanager
def _side(folder: Path, **known: object) -> Iterator[Side]:
    """A side of two images, a and b."""
    path = folder / "set.h5"
    write_descriptors(path, Descriptors(["a", "b"], np.zeros((2, 1), np.float32), "pdq", **known))  # type: ignore[arg-type]
    with open_descriptors(path) as descriptors:
        yield Side(descriptors)


def test_a_set_leads_to_its_images_without_listing_them(photos: Path, tmp_path: Path) -> None:
    (photos / "a2.jpg").write_bytes(b"not in the set")
    with _side(tmp_path, source=str(photos), paths=["a.jpg", "sub/b.jpg"]) as side:
        file = pictures_of(side).file(1)
        assert file is not None
        assert (file.id, file.relative, file.read_bytes()) == ("b", "sub/b.jpg", b"second")


@pytest.mark.parametrize("paths", [["a.jpg", "sub/b.jpg"], None], ids=["paths known", "IDs alone"])
@pytest.mark.parametrize("ending", [".tar", ".tar.gz"])
def test_images_in_a_tar_file_are_found_again(
    photos: Path, tmp_path: Path, ending: str, paths: list[str] | None
) -> None:
    tar = tmp_path / "elsewhere" / f"shard{ending}"
    tar.parent.mkdir()
    with tarfile.open(tar, "w:gz" if ending.endswith("gz") else "w") as archive:
        archive.add(photos, arcname=".")
    with _side(tmp_path, source=str(tar), paths=paths) as side:
        pictures = pictures_of(side)
        file = pictures.file(1)
        assert file is not None
        assert file.read_bytes() == b"second"


@pytest.mark.parametrize("known", [{}, {"source": "/gone", "paths": ["a.jpg", "sub/b.jpg"]}])
def test_a_set_whose_images_are_elsewhere_leads_to_none(tmp_path: Path, known: dict[str, object]) -> None:
    with _side(tmp_path, **known) as side:
        assert pictures_of(side).file(0) is None


def test_a_folder_given_by_the_user_is_searched_first_and_by_id(photos: Path, tmp_path: Path) -> None:
    (photos / "sub" / "b.jpg").unlink()
    with _side(tmp_path, source="/gone", paths=["a.jpg", "sub/b.jpg"]) as side:
        pictures = pictures_of(side, photos)
        found = pictures.file(0)
        assert found is not None
        assert found.read_bytes() == b"first"
        assert pictures.file(1) is None


def test_images_described_for_a_search_are_its_pictures(photos: Path, tmp_path: Path) -> None:
    with _side(tmp_path) as side:
        file = pictures_of(Side(side.descriptors, list_images(photos))).file(1)
        assert file is not None
        assert file.read_bytes() == b"second"


def test_a_digest_is_reported_if_the_set_has_it(tmp_path: Path) -> None:
    with _side(tmp_path, content_sha256=["0" * 64, "f" * 64]) as side:
        assert pictures_of(side).digest(1) == "f" * 64
    with _side(tmp_path) as side:
        assert pictures_of(side).digest(1) is None
