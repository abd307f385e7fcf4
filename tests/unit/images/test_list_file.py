from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from copytrace.errors import InputError, SourceError
from copytrace.images import list_images, load_image
from copytrace.records import Failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Photo = Callable[[str], Path]


@pytest.fixture
def listed(tmp_path: Path) -> Callable[[bytes], Path]:
    """Writes a list file into its own folder."""

    def _listed(text: bytes) -> Path:
        path = tmp_path / "lists" / "list.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text)
        return path

    return _listed


def test_paths_are_relative_to_the_lists_folder(photo: Photo, listed: Callable[[bytes], Path]) -> None:
    photo("photos/a.jpg")
    photo("lists/b.jpg")

    images = list_images(listed(b"../photos/a.jpg\nb.jpg\n"))

    assert images.ids == ["a", "b"]
    assert [image.relative for image in images] == ["../photos/a.jpg", "b.jpg"]
    assert [load_image(image).size for image in images] == [(48, 32), (48, 32)]


def test_paths_may_be_absolute(photo: Photo, listed: Callable[[bytes], Path]) -> None:
    path = photo("photos/a.jpg")

    images = list_images(listed(f"{path}\n".encode()), ids="path")

    assert images.ids == [str(path)]
    assert load_image(images[0]).size == (48, 32)


def test_comments_empty_lines_and_space_around_do_not_count(listed: Callable[[bytes], Path]) -> None:
    images = list_images(listed(b"# photos\n\n  a.jpg \t\n   \n  # more\n./#1.jpg\nlast one.jpg"))

    assert images.ids == ["#1", "a", "last one"]


def test_lists_of_other_systems_are_read(listed: Callable[[bytes], Path]) -> None:
    assert list_images(listed(b"\xef\xbb\xbfa.jpg\r\nb.jpg\r\n")).ids == ["a", "b"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_a_list_in_utf_16_is_read(listed: Callable[[bytes], Path], encoding: str) -> None:
    mark = b"" if encoding == "utf-16" else b"\xfe\xff"

    assert list_images(listed(mark + "größe.jpg\r\nb.jpg\r\n".encode(encoding))).ids == ["b", "größe"]


def test_a_list_in_utf_16_that_is_cut_off_is_an_error(listed: Callable[[bytes], Path]) -> None:
    with pytest.raises(SourceError, match="truncated data"):
        list_images(listed("a.jpg\r\n".encode("utf-16")[:-1]))


def test_the_extension_does_not_matter_in_a_list(listed: Callable[[bytes], Path]) -> None:
    assert list_images(listed(b"a\nb.data\n.c\n")).ids == [".c", "a", "b"]


def test_a_path_is_written_in_one_way(listed: Callable[[bytes], Path]) -> None:
    assert list_images(listed(b"./a//b/../c.jpg\n"), ids="path").ids == ["a/c.jpg"]


@pytest.mark.parametrize("scheme", ["auto", "stem", "path"])
def test_a_repeated_path_is_an_error(listed: Callable[[bytes], Path], scheme: str) -> None:
    path = listed(b"a.jpg\nb.jpg\n./a.jpg\n")

    with pytest.raises(SourceError) as caught:
        list_images(path, ids=scheme)

    assert str(caught.value) == f"{path}: a.jpg appears twice. Remove one of the two entries."


def test_names_that_cannot_be_ids_are_failures(tmp_path: Path, listed: Callable[[bytes], Path]) -> None:
    images = list_images(listed(b"a.jpg\ncaf\xe9.jpg\nzero\0.jpg\n"))

    assert images.ids == ["a"]
    assert images.failures == (
        Failure(
            f"{tmp_path}/lists/caf\\xe9.jpg",
            "its name is not valid UTF-8, so no result could name it; rename it",
        ),
        Failure(rf"{tmp_path}/lists/zero\x00.jpg", "its name contains a zero byte"),
    )


def test_an_empty_list_is_an_error(listed: Callable[[bytes], Path]) -> None:
    with pytest.raises(SourceError, match=r"/list\.txt: contains no image\."):
        list_images(listed(b"# nothing yet\n"))


@pytest.mark.parametrize("absolute", [False, True])
def test_an_output_cannot_replace_an_image_of_a_list(
    photo: Photo, listed: Callable[[bytes], Path], *, absolute: bool
) -> None:
    image = photo("photos/a.jpg")
    images = list_images(listed(f"{image if absolute else '../photos/a.jpg'}\n".encode()))
    with pytest.raises(InputError, match="is one of the images to read"):
        images.require_apart(image)
    images.require_apart(image.with_name("set.h5"))
