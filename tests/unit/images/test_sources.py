from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tarfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from copytrace.errors import InputError, SourceError
from copytrace.images import EXTENSIONS, list_images, list_together, load_image
from copytrace.images.list_builder import ImageListBuilder
from copytrace.images.one_image import OneImage, is_one_image
from copytrace.images.packed_list import order_images
from copytrace.records import Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.images import IdScheme

    Photo = Callable[[str], Path]


def test_a_single_image_is_a_source(photo: Photo) -> None:
    path = photo("IMG_1.jpg")

    images = list_images(path)

    assert images.ids == ["IMG_1"]
    assert images[0].name == str(path)
    assert load_image(images[0]).size == (48, 32)


@pytest.mark.parametrize(
    "relative", ["IMG_1.jpg", "a.b.jpg", "download", "2019/a.JPEG", "Bär 1.png", "b/.jpg"]
)
@pytest.mark.parametrize("scheme", ["auto", "stem", "path"])
def test_a_single_image_is_listed_as_one_of_many_would_be(relative: str, scheme: IdScheme) -> None:
    def found() -> ImageListBuilder:
        builder = ImageListBuilder("/photos")
        builder.add(relative)
        return builder

    one, many = OneImage("photos", found(), scheme, "/photos"), order_images("photos", found(), scheme)

    assert is_one_image(found())
    assert list(one) == list(many)
    assert (one.ids, one.scheme, one.find(one.ids[0])) == (many.ids, many.scheme, 0)
    for output in ("/photos/" + relative, "/photos/other.jpg"):
        with nullcontext() if output.endswith("other.jpg") else pytest.raises(InputError):
            one.require_apart(Path(output))


def test_a_single_image_is_listed_without_arrow(photo: Photo) -> None:
    program = (
        "import sys, copytrace.pipelines.find_copies; from copytrace.images import list_images; "
        "list_images(sys.argv[1]); print({'jinja2', 'pandas', 'pyarrow'} & set(sys.modules))"
    )
    run = [sys.executable, "-c", program, str(photo("a.jpg"))]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "set()\n"


def test_an_image_without_an_extension_is_a_source(photo: Photo) -> None:
    assert list_images(photo("download")).ids == ["download"]


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "set.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n")

    with pytest.raises(SourceError) as caught:
        list_images(path)

    assert str(caught.value) == (
        f"{path}: is not an image. Expected a folder, an image, a list of images (.txt), a tar file (.tar, .tar.gz) "
        "or a URL (s3://, https://)."
    )


def test_a_source_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"/gone: no such file or directory\. Expected a folder, an image"):
        list_images(tmp_path / "gone")


def test_a_source_that_may_not_be_read_is_an_error(forbidden: Path) -> None:
    with pytest.raises(SourceError, match=r"/closed: permission denied\. Expected"):
        list_images(forbidden / "closed")


def test_a_pipe_is_not_a_source(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.jpg")

    with pytest.raises(SourceError, match=r"/x\.jpg: is a pipe, socket or device\."):
        list_images(tmp_path / "x.jpg")


def test_the_order_is_by_id_not_by_place(photo: Photo, tmp_path: Path) -> None:
    for name in ("b/1.jpg", "a/10.jpg", "a/2.jpg", "a/Z.jpg", "a/ä.jpg", "a/z.jpg", "a/😀.jpg"):
        photo(name)

    images = list_images(tmp_path)

    assert images.ids == ["1", "10", "2", "Z", "z", "ä", "😀"]
    assert [image.relative for image in images][:3] == ["b/1.jpg", "a/10.jpg", "a/2.jpg"]


@pytest.mark.parametrize("scheme", ["auto", "stem"])
def test_ids_are_stems_where_they_differ(photo: Photo, tmp_path: Path, scheme: str) -> None:
    photo("2020/IMG_1.jpg")
    photo("2021/IMG_2.v2.jpg")

    images = list_images(tmp_path, ids=scheme)

    assert images.ids == ["IMG_1", "IMG_2.v2"]
    assert images.scheme == "stem"
    assert images.notices == ()


def test_ids_are_paths_on_request(photo: Photo, tmp_path: Path) -> None:
    photo("2020/IMG_1.jpg")

    images = list_images(tmp_path, ids="path")

    assert images.ids == ["2020/IMG_1.jpg"]
    assert images.scheme == "path"
    assert images.notices == ()


def test_ids_become_paths_with_a_notice_where_stems_collide(photo: Photo, tmp_path: Path) -> None:
    for name in ("2021/IMG_1.jpg", "2020/IMG_1.jpg", "2020/IMG_2.jpg"):
        photo(name)

    images = list_images(tmp_path)

    assert images.ids == ["2020/IMG_1.jpg", "2020/IMG_2.jpg", "2021/IMG_1.jpg"]
    assert images.scheme == "path"
    assert images.notices == (
        (
            f"{tmp_path}: 2020/IMG_1.jpg and 2021/IMG_1.jpg have the same file name, "
            "so relative paths are used as IDs."
        ),
    )


def test_colliding_stems_are_an_error_under_stem(photo: Photo, tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png", "b.jpg", "x/b.jpg"):
        photo(name)

    with pytest.raises(SourceError) as caught:
        list_images(tmp_path, ids="stem")

    assert str(caught.value) == (
        f"{tmp_path}: a.jpg and a.png have the same file name (2 such pairs). IDs must be unique: "
        "rename one of the files, or use relative paths: --ids path"
    )


def test_an_empty_folder_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        list_images(tmp_path)

    assert str(caught.value) == (
        f"{tmp_path}: contains no image. Expected files with the extensions {', '.join(sorted(EXTENSIONS))}, "
        "in subfolders too, but not hidden ones; or a list with one path per line."
    )


def test_a_source_without_a_usable_image_says_why(tmp_path: Path) -> None:
    (tmp_path / "IMG_1.JXL").touch()
    (tmp_path / os.fsdecode(b"caf\xe9.jpg")).touch()

    with pytest.raises(SourceError) as caught:
        list_images(tmp_path)

    assert str(caught.value).endswith(
        f"1 could not be used; the first: {tmp_path}/caf\\xe9.jpg: its name is not valid UTF-8, so no "
        f"result could name it; rename it. {tmp_path}: skipped pictures in unsupported formats "
        "(1 .jxl). Convert them to JPEG or PNG to include them."
    )


def test_pictures_in_other_formats_are_counted_in_a_notice(photo: Photo, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jxl", "c.JXL", "d.psd", "notes.doc"):
        photo(name) if name == "a.jpg" else (tmp_path / name).touch()

    assert list_images(tmp_path).notices == (
        (
            f"{tmp_path}: skipped pictures in unsupported formats (2 .jxl, 1 .psd). "
            "Convert them to JPEG or PNG to include them."
        ),
    )


def test_an_image_with_the_extension_of_another_format_is_read(photo: Photo, tmp_path: Path) -> None:
    for name in ("IMG_1.HEIC", "IMG_2.HIF", "IMG_3.RAF", "IMG_4.RW2"):
        photo(name)

    images = list_images(tmp_path)

    assert images.ids == ["IMG_1", "IMG_2", "IMG_3", "IMG_4"]
    assert load_image(images[0]).size == (48, 32)
    assert images.left_out == {}


def test_unread_pictures_are_counted_by_kind(photo: Photo, tmp_path: Path) -> None:
    for name in ("a.jpg", "download", "b.dat", "c.dat", "d.2020-08-01"):
        photo(name)
    for name, head in {
        "d.JP2": b"\0\0\0\x0cjP  ", "e.exr": b"v/1", "f.bin": b"\0\0\0\x0cJXL ", "g.tmp": b"8BPS\0\1",
        "h.mp4": b"\0\0\0\x18ftypisom", "i.txt": b"BMW", "j.lsm": b"II*\0", "k.xmp": b"",
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(head)
    os.mkfifo(tmp_path / "pipe")

    images = list_images(tmp_path)

    assert images.ids == ["a"]
    assert images.left_out == {
        ".exr": 1, ".jp2": 1, "JPEG XL named .bin": 1, "JPEG named .dat": 2, "JPEG without an extension": 2,
        "PSD named .tmp": 1,
    }  # fmt: skip
    assert images.notices == (
        (
            f"{tmp_path}: skipped pictures in unsupported formats (1 .exr, 1 .jp2, 1 JPEG XL named .bin, "
            "1 PSD named .tmp). Convert them to JPEG or PNG to include them."
        ),
        (
            f"{tmp_path}: skipped pictures without an image extension (2 JPEG named .dat, "
            "2 JPEG without an extension). Rename them to include them."
        ),
    )


def test_folders_of_thumbnails_are_skipped_and_reported(photo: Photo, tmp_path: Path) -> None:
    for name in ("a.jpg", "@eaDir/a.jpg/THUMB_M.jpg", "2020/@eaDir/b.jpg/THUMB_M.jpg", "2020/b.jpg"):
        photo(name)
    (tmp_path / "__MACOSX").symlink_to("2020")

    images = list_images(tmp_path)

    assert images.ids == ["a", "b"]
    assert images.left_out == {"@eaDir/": 2, "__MACOSX/": 1}
    assert images.notices == (
        f"{tmp_path}: skipped folders of thumbnails or system files (2 @eaDir/, 1 __MACOSX/).",
    )


def test_a_folder_of_thumbnails_can_be_asked_for(photo: Photo, tmp_path: Path) -> None:
    photo("@eaDir/a.jpg")

    assert list_images(tmp_path / "@eaDir").ids == ["a"]


def test_a_name_that_is_not_utf_8_is_a_failure_and_not_the_end(photo: Photo, tmp_path: Path) -> None:
    photo("a.jpg")
    photo(os.fsdecode(b"caf\xe9.jpg"))

    images = list_images(tmp_path)

    assert images.ids == ["a"]
    assert images.failures == (
        Failure(
            f"{tmp_path}/caf\\xe9.jpg", "its name is not valid UTF-8, so no result could name it; rename it"
        ),
    )


@pytest.mark.parametrize("mark", ["\n", "\r"])
def test_an_id_with_a_line_break_is_a_failure_and_told_before_the_work(
    photo: Photo, tmp_path: Path, mark: str
) -> None:
    photo("a.jpg")
    photo(f"holiday{mark}2019.jpg")

    images = list_images(tmp_path)

    name, reason = f"{tmp_path}/holiday{mark!r}2019.jpg".replace("'", ""), "its ID has a line break"
    assert images.ids == ["a"]
    assert images.failures == (Failure(name, f"{reason}, so no result could name it; rename it"),)
    assert images.notices == (
        (
            f"{tmp_path}: cannot use 1 of the files or folders; the first is {name}: {reason}, so no result could "
            "name it; rename it."
        ),
    )


def test_a_line_break_in_a_folder_matters_only_where_ids_are_paths(photo: Photo, tmp_path: Path) -> None:
    photo("holiday\n2019/a.jpg")
    photo("b.jpg")

    assert list_images(tmp_path).ids == ["a", "b"]
    assert list_images(tmp_path, ids="path").ids == ["b.jpg"]


def test_a_source_with_nothing_but_line_breaks_is_an_error(photo: Photo, tmp_path: Path) -> None:
    photo("a\nb.jpg")

    with pytest.raises(
        SourceError, match=r"1 could not be used; the first: .*/a\\nb\.jpg: its ID has a line break"
    ):
        list_images(tmp_path)


@pytest.mark.parametrize("stem", ["a,b", 'a"b', " a ", "a\tb", "-a", "#a", "Ⅷ", "a.b", "e\u0301"])
def test_any_other_name_is_an_id_as_it_is(photo: Photo, tmp_path: Path, stem: str) -> None:
    photo(f"{stem}.jpg")

    images = list_images(tmp_path)

    assert images.ids == [stem]
    assert load_image(images[0]).size == (48, 32)


def test_the_list_is_a_sequence(photo: Photo, tmp_path: Path) -> None:
    for name in "abcde":
        photo(f"{name}.jpg")

    images = list_images(tmp_path)

    assert len(images) == 5
    assert [image.id for image in images] == ["a", "b", "c", "d", "e"]
    assert [image.id for image in images[1:3]] == ["b", "c"]
    assert [image.id for image in images[::-2]] == ["e", "c", "a"]
    assert images[-1] == images[4]
    assert images[2] in images
    assert images[9:] == []
    with pytest.raises(IndexError):
        images[5]


def test_the_list_can_be_pickled(photo: Photo, tmp_path: Path) -> None:
    photo("a.jpg")
    photo("b/a.jpg")
    images = list_images(tmp_path)

    copy = pickle.loads(pickle.dumps(images))

    assert list(copy) == list(images)
    assert copy.notices == images.notices


def test_more_images_than_a_batch_keep_their_order(tmp_path: Path) -> None:
    names = [f"R{number:06d}" for number in range(70_000)]
    (tmp_path / "list.txt").write_text("".join(f"{name}.jpg\n" for name in reversed(names)))

    images = list_images(tmp_path / "list.txt")

    assert images.ids == names
    assert [image.relative for image in images] == [f"{name}.jpg" for name in names]


def test_the_current_folder_is_a_source(
    photo: Photo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = photo("2020/a.jpg")
    monkeypatch.chdir(tmp_path)

    image = list_images(path.relative_to(tmp_path).parent.parent)[0]

    assert image.name == "2020/a.jpg"
    assert load_image(image).size == (48, 32)


def test_several_folders_and_images_are_one_source(photo: Photo, tmp_path: Path) -> None:
    for name in ("a/1.jpg", "a/x/2.jpg", "b/3.jpg", "b/left.jpg", "c/left.jpg"):
        photo(name)

    images = list_together([tmp_path / "a", tmp_path / "b/3.jpg", tmp_path / "a/x"], ids="path")

    assert images.ids == ["a/1.jpg", "a/x/2.jpg", "b/3.jpg"]
    assert images.source == str(tmp_path)
    assert load_image(images[2]).size == (48, 32)
    assert images.failures == ()


def test_one_of_several_that_is_neither_folder_nor_image_is_refused(photo: Photo, tmp_path: Path) -> None:
    photo("a/1.jpg")
    for other, message in (
        (tmp_path / "gone", "no such file"),
        ("s3://bucket/b", "cannot"),
        ("x.tar", "cannot"),
    ):
        with pytest.raises(SourceError, match=message):
            list_together([tmp_path / "a", other])


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("*.gif", ["a.jpg", "drafts/b.jpg", "x/drafts/c.jpg"]),
        ("drafts", ["a.jpg", "d.gif"]),
        ("drafts/*", ["a.jpg", "d.gif", "x/drafts/c.jpg"]),
        ("*/drafts/*", ["a.jpg", "d.gif", "drafts/b.jpg"]),
    ],
)
def test_files_and_folders_that_match_a_pattern_are_skipped(
    photo: Photo, tmp_path: Path, pattern: str, left: list[str]
) -> None:
    for name in ("a.jpg", "d.gif", "drafts/b.jpg", "x/drafts/c.jpg"):
        photo(name)
    (tmp_path / "list.txt").write_text("a.jpg\nd.gif\ndrafts/b.jpg\nx/drafts/c.jpg\n")
    with tarfile.open(tmp_path / "all.tar", "w") as shard:
        for path in tmp_path.rglob("*.[jg]*"):
            shard.add(path, path.relative_to(tmp_path))

    for source in (tmp_path, tmp_path / "all.tar"):
        images = list_images(source, ids="path", exclude=[pattern])
        assert images.ids == left
        assert images.left_out == {}
    if "/" in pattern or "." in pattern:
        assert list_images(tmp_path / "list.txt", ids="path", exclude=[pattern]).ids == left
