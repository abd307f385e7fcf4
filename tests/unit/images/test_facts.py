from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest
from PIL import ExifTags, Image

from copytrace.images import Facts, ImageFile, list_images, read_facts

if TYPE_CHECKING:
    from pathlib import Path


def photograph(path: Path) -> Path:
    """A JPEG on its side, taken in 2019."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2019:07:14 12:00:00"
    Image.new("RGB", (40, 30)).save(path, exif=exif)
    return path


def test_a_header_tells_the_size_upright_and_the_date(tmp_path: Path) -> None:
    path = photograph(tmp_path / "a.jpg")
    facts = read_facts(ImageFile("a", str(path), "a.jpg"))
    assert facts == Facts(30, 40, path.stat().st_size, "2019:07:14 12:00:00")
    assert facts.pixels == 1200


def test_members_of_tar_files_have_the_same_fingerprints(tmp_path: Path) -> None:
    path = photograph(tmp_path / "a.jpg")
    with tarfile.open(tmp_path / "photos.tar", "w") as tar:
        tar.add(path, "a.jpg")
    [member] = list_images(tmp_path / "photos.tar")
    assert read_facts(member) == read_facts(ImageFile("a", str(path), "a.jpg"))


@pytest.mark.parametrize("content", [b"", b"nothing", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n123", None])
def test_an_unreadable_file_has_no_facts(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "a.jpg").write_bytes(content)
    assert read_facts(ImageFile("a", str(tmp_path / "a.jpg"), "a.jpg")) == Facts()
