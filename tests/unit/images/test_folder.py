from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from copytrace.errors import ImageError
from copytrace.images import list_images, load_image
from copytrace.records import Failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Photo = Callable[[str], Path]


def _paths(folder: Path) -> list[str]:
    return list_images(folder, ids="path").ids


def test_images_are_found_at_any_depth_by_their_extensions(photo: Photo, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.JPEG", "1/2/3/c.Png", "x.jpg/d.webp", "e.jpg.txt", "jpg", "f.mp4"):
        photo(name)

    assert _paths(tmp_path) == ["1/2/3/c.Png", "a.jpg", "b.JPEG", "x.jpg/d.webp"]


def test_what_is_hidden_is_left_out(photo: Photo, tmp_path: Path) -> None:
    for name in ("a.jpg", "._a.jpg", ".hidden.jpg", ".git/b.jpg", "x/.cache/c.jpg"):
        photo(name)

    assert _paths(tmp_path) == ["a.jpg"]


def test_a_hidden_folder_can_be_asked_for(photo: Photo, tmp_path: Path) -> None:
    photo(".photos/a.jpg")

    assert _paths(tmp_path / ".photos") == ["a.jpg"]


def test_links_to_images_are_images(photo: Photo, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links/a.jpg").symlink_to(photo("store/8f3a"))

    images = list_images(tmp_path / "links")

    assert images.ids == ["a"]
    assert load_image(images[0]).size == (48, 32)


def test_links_to_folders_are_followed(photo: Photo, tmp_path: Path) -> None:
    photo("elsewhere/deep/a.jpg")
    (tmp_path / "library").mkdir()
    (tmp_path / "library/linked").symlink_to("../elsewhere")

    assert _paths(tmp_path / "library") == ["linked/deep/a.jpg"]


def test_circular_links_end(photo: Photo, tmp_path: Path) -> None:
    photo("x/y/a.jpg")
    (tmp_path / "x/y/up").symlink_to("../..")
    (tmp_path / "x/self").symlink_to("self")

    assert _paths(tmp_path) == ["x/y/a.jpg"]


def test_a_folder_with_a_link_to_it_is_found_once_and_under_its_own_name(
    photo: Photo, tmp_path: Path
) -> None:
    photo("z/deep/a.jpg")
    (tmp_path / "a-link").symlink_to("z")
    (tmp_path / "b-link").symlink_to("z/deep")

    assert _paths(tmp_path) == ["z/deep/a.jpg"]


def test_the_first_of_two_links_to_a_folder_counts(photo: Photo, tmp_path: Path) -> None:
    photo("elsewhere/a.jpg")
    (tmp_path / "library").mkdir()
    for link in ("c", "a", "b"):
        (tmp_path / "library" / link).symlink_to("../elsewhere")

    assert _paths(tmp_path / "library") == ["a/a.jpg"]


def test_what_cannot_be_read_is_listed_so_that_it_is_reported(photo: Photo, tmp_path: Path) -> None:
    photo("a.jpg")
    (tmp_path / "broken.jpg").symlink_to("gone.jpg")
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")

    images = list_images(tmp_path)

    assert images.ids == ["a", "broken", "loop", "pipe"]
    for image in images[1:]:
        with pytest.raises(ImageError):
            load_image(image)


def test_an_unreadable_subfolder_is_a_failure_and_not_the_end(forbidden: Path) -> None:
    images = list_images(forbidden)

    assert images.ids == ["closed", "open"]
    assert images.failures == (
        Failure(f"{forbidden}/closed", "permission denied; the images in this folder were skipped"),
    )
