from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from PIL import Image

from copytrace.engines import LocalEngine
from copytrace.images import ImageFile, list_images
from copytrace.pipelines.report_pictures import Files, link_to, shown_pictures
from copytrace.reports import ShownPair


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with sub/a.png, and broken.jpg, which is not a picture."""
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    Image.new("RGB", (20, 10)).save(folder / "sub" / "a.png")
    (folder / "broken.jpg").write_text("no picture")
    return folder


def test_each_picture_comes_once_with_its_size_or_the_reason_why_it_is_missing(
    photos: Path, tmp_path: Path
) -> None:
    files = {"query": Files(list_images(photos), "", {}), "reference": Files(None, "", {})}
    pairs = [ShownPair(query, "gone", "likely", 1.0) for query in ("a", "broken", "a")]
    made = {
        picture.id: picture
        for picture in shown_pictures(pairs, files, tmp_path / "report", LocalEngine(1))  # type: ignore[arg-type]
    }
    assert set(made) == {"a", "broken", "gone"}
    thumbnail = made["a"].thumbnail
    assert thumbnail is not None
    assert (thumbnail.width, thumbnail.height) == (20, 10)
    assert (made["a"].name, made["a"].link) == ("sub/a.png", "../photos/sub/a.png")
    assert made["broken"].problem == "not an image (starts with text: 'no picture')"
    assert made["gone"].problem == "its file was not found; say where it is with --reference-images"


def test_the_source_of_a_set_leads_to_its_images(photos: Path) -> None:
    for paths in ({"a": "sub/a.png"}, {}):
        found = Files(None, str(photos), paths).find("a")
        assert found is not None
        assert Path(found.path) == photos / "sub" / "a.png"


def test_an_image_in_a_tar_file_keeps_the_id_that_its_set_gave_it(photos: Path, tmp_path: Path) -> None:
    tar = tmp_path / "photos.tar"
    with tarfile.open(tar, "w") as archive:
        archive.add(photos, arcname=".")
    for image_id in ("a", "sub/a.png"):
        found = Files(None, str(tar), {image_id: "sub/a.png"}).find(image_id)
        assert found is not None
        assert (found.id, found.relative) == (image_id, "sub/a.png")


def test_a_source_that_is_gone_leads_nowhere(tmp_path: Path) -> None:
    assert Files(None, str(tmp_path / "moved"), {"a": "a.jpg"}).find("a") is None


@pytest.mark.parametrize(
    ("file", "link"),
    [
        (ImageFile("a", "/photos/50% & more/ä.jpg", "ä.jpg"), "../../photos/50%25%20%26%20more/%C3%A4.jpg"),
        (ImageFile("a", "/work/report.d/javascript:alert(1)", "x"), "../report.d/javascript%3Aalert%281%29"),
        (ImageFile("a", "https://example.org/a.jpg", "a.jpg", version="1"), "https://example.org/a.jpg"),
        (ImageFile("a", "s3://bucket/a.jpg", "a.jpg", version="1"), None),
        (ImageFile("a", "/shards/0.tar", "a.jpg", offset=512, size=9), None),
    ],
)
def test_a_picture_is_linked_where_a_browser_can_open_it(file: ImageFile, link: str | None) -> None:
    assert link_to(file, Path("/work/report")) == link
