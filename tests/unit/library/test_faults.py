from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from copytrace.errors import CopytraceError, DescriptorError, InputError
from copytrace.library import Library, read_metadata, segments
from copytrace.library.place import require_local
from copytrace.vectors import DescriptorSetWriter


@pytest.fixture
def sealed(library: Library, photos: Path) -> Library:
    """A library whose six pictures are in a segment."""
    library.add(photos)
    segments.seal(library._place, library._catalogue)
    return library


def test_a_folder_that_is_not_a_library_is_named(tmp_path: Path, photos: Path) -> None:
    with pytest.raises(
        InputError, match=r"none: no such folder\. Create a library: copytrace library create"
    ):
        Library.open(tmp_path / "none")
    with pytest.raises(InputError, match="photos: is not a library"):
        Library.open(photos)
    with pytest.raises(InputError, match="photos: contains other files"):
        Library.create(photos)
    Library.create(tmp_path / "library", model="gist")
    with pytest.raises(InputError, match="library: is already a library"):
        Library.create(tmp_path / "library")


def test_a_library_is_opened_through_a_link(library: Library, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(library.path)
    with Library.open(tmp_path / "link") as linked:
        linked.add(photos)
    assert len(library) == 6


def test_an_unknown_model_creates_nothing(tmp_path: Path) -> None:
    with pytest.raises(DescriptorError, match="nope"):
        Library.create(tmp_path / "library", model="nope")
    assert not (tmp_path / "library").exists()


def test_a_library_without_its_catalogue_says_so(sealed: Library) -> None:
    sealed._place.catalogue.unlink()
    with pytest.raises(
        CopytraceError, match=r"catalogue\.sqlite is missing, which says what is in the library"
    ):
        Library.open(sealed.path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not the catalogue of a library"),
        (b"Dear reader" * 99, "is damaged .* Restore it from a backup"),
    ],
    ids=["empty", "letter"],
)
def test_an_invalid_catalogue_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "catalogue.sqlite").write_bytes(content)
    with pytest.raises(CopytraceError, match=message):
        Library.open(tmp_path)


def test_a_catalogue_of_a_later_version_is_refused(library: Library) -> None:
    database = sqlite3.connect(library._place.catalogue)
    with database:
        database.execute("UPDATE setting SET value = 4 WHERE name = 'format'")
    database.close()
    with pytest.raises(InputError, match=r"a later version of copytrace \(format 4; this one reads 3\)"):
        Library.open(library.path)


MOUNTS = r"""disk / ext4 rw 0 0
server:/data /data nfs4 rw 0 0
//nas/x /mnt/my\040nas cifs rw 0 0
disk /data/local xfs rw 0 0"""


@pytest.mark.parametrize("folder", ["/data", "/data/library", "/mnt/my nas/library"])
def test_a_network_file_system_is_refused(folder: str) -> None:
    with pytest.raises(InputError, match="is on a network file system"):
        require_local(Path(folder), MOUNTS)


@pytest.mark.parametrize("folder", ["/", "/database", "/data/local/library"])
def test_a_local_disk_is_accepted(folder: str) -> None:
    require_local(Path(folder), MOUNTS)
    require_local(Path(folder), "")


def test_a_missing_segment_is_named_by_lookups_and_rebuilt_by_a_check(sealed: Library, photos: Path) -> None:
    sealed._place.segment(1).unlink()
    with (
        Library.open(sealed.path) as library,
        pytest.raises(CopytraceError, match=r"000001\.h5: No such file .* copytrace library check"),
    ):
        library.lookup(photos / "a.png")
    (photos / "b.png").unlink()
    (photos / "c.png").write_bytes(b"nothing")

    found = sealed.check(workers=1)

    assert [failure.reason for failure in found.damaged] == ["no such file or directory"]
    assert (found.items, found.rebuilt, found.sound) == (6, 4, False)
    assert [failure.name for failure in found.lost] == ["b.png", "c.png"]
    assert found.lost[1].reason.startswith("not an image")
    assert [failure.name for failure in found.missing] == ["b.png"]
    assert (len(sealed), sealed.stats().lost) == (4, 2)
    assert len(sealed.lookup(photos / "a.png", verify=False).hits) == 4
    assert sealed.check().damaged == ()


def test_a_changed_segment_is_described_again(sealed: Library, photos: Path) -> None:
    path = sealed._place.segment(1)
    content = bytearray(path.read_bytes())
    content[-5000] ^= 1
    path.write_bytes(content)
    found = sealed.check(workers=1)
    assert [failure.reason for failure in found.damaged] == ["content differs from what was written"]
    assert (found.rebuilt, found.lost) == (6, ())
    assert [hit.score for hit in sealed.lookup(photos / "a.png", k=1, verify=False).hits] == [0]


def test_a_lost_item_is_filled_again_by_adding_its_image(sealed: Library, photos: Path) -> None:
    sealed._place.segment(1).unlink()
    picture = (photos / "a.png").read_bytes()
    (photos / "a.png").unlink()
    assert [failure.name for failure in sealed.check(workers=1).lost] == ["a.png"]
    (photos / "a.png").write_bytes(picture)
    assert sealed.add(photos).unchanged == 5
    assert (len(sealed), sealed.stats().lost) == (6, 0)


def test_items_of_a_source_that_is_gone_are_lost_with_the_reason(
    sealed: Library, photos: Path, tmp_path: Path
) -> None:
    sealed._place.segment(1).unlink()
    photos.rename(tmp_path / "gone")
    found = sealed.check(workers=1)
    assert len(found.lost) == 6
    assert "no such file or directory" in found.lost[0].reason


def test_codes_are_made_again_by_a_check(sealed: Library, photos: Path) -> None:
    sealed.lookup(photos / "a.png", verify=False)
    for file in sealed._place.codes.iterdir():
        file.write_bytes(b"nothing")
    assert sealed.check().sound
    assert all(file.stat().st_size > 1000 for file in sealed._place.codes.iterdir())


def test_a_segment_of_another_shape_is_refused(sealed: Library, photos: Path) -> None:
    sealed._place.segment(1).unlink()
    with DescriptorSetWriter(sealed._place.segment(1), model="gist") as writer:
        writer.append(["a"], np.zeros((1, 2), np.float32))
    with (
        Library.open(sealed.path) as library,
        pytest.raises(
            CopytraceError, match=r"000001\.h5: has vectors of the shape \(1, 2\); expected \(6, 256\)"
        ),
    ):
        library.lookup(photos / "a.png")


def test_the_folder_of_segments_is_made_again(sealed: Library, photos: Path) -> None:
    shutil.rmtree(sealed._place.segments)
    shutil.rmtree(sealed._place.codes)
    assert sealed.check(workers=1).rebuilt == 6
    assert len(sealed.lookup(photos / "a.png", verify=False).hits) == 6


def test_what_a_killed_writer_left_is_removed_by_the_next(sealed: Library) -> None:
    leftover = sealed._place.segments / ".000002.h5.77.part"
    unnamed = sealed._place.segment(2)
    for file in (leftover, unnamed):
        file.write_bytes(b"half a file")
    sealed.remove(["a.png"])
    assert [path.name for path in sealed._place.segments.iterdir()] == ["000001.h5"]


def test_a_full_disk_keeps_what_was_acknowledged(library: Library, photos: Path) -> None:
    library.add(photos / "a.png")
    library._catalogue._database.execute("PRAGMA max_page_count = 1")
    with pytest.raises(CopytraceError, match=r"the disk is full\. Free some space"):
        library.add(photos, metadata={"b.png": {"note": "x" * 100_000}})
    library._catalogue._database.execute("PRAGMA max_page_count = 1000000")
    assert library.item("a.png") is not None
    assert library.add(photos).unchanged >= 1
    assert len(library) == 6


def test_a_catalogue_that_cannot_be_written_is_explained(library: Library, photos: Path) -> None:
    library._catalogue._database.execute("PRAGMA query_only = ON")
    with pytest.raises(CopytraceError, match="cannot be opened for reading and writing"):
        library.add(photos)


def test_metadata_is_read_from_a_csv(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("\ufeffid,licence,credit\na.png,CC0,\nb.png,,Ö\nc.png\n", encoding="utf-8")
    assert read_metadata(path) == {"a.png": {"licence": "CC0"}, "b.png": {"credit": "Ö"}, "c.png": {}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name,licence\na,b\n", "has no column 'id'"),
        (b"", "has no column 'id'"),
        (b"id,licence\na,b,c\n", "line 2 has more cells than the header"),
        (b"id,licence\na,b\na,c\n", "line 3: 'a' appears twice"),
        (b"id,licence\n\xff\n", "is not a UTF-8 CSV file"),
    ],
    ids=["no id", "empty", "too many cells", "twice", "bytes"],
)
def test_metadata_that_cannot_be_used_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_metadata(path)
    with pytest.raises(InputError, match="No such file"):
        read_metadata(tmp_path / "none.csv")


def test_damaged_features_are_named_and_erased_by_a_check(sealed: Library, photos: Path) -> None:
    sealed.lookup(photos / "a.png", effort="low")
    sealed._place.keypoints.write_bytes(b"nothing" * 1000)
    with pytest.raises(InputError, match=r"keypoints\.sqlite: is damaged"):
        sealed.lookup(photos / "a.png", effort="low")
    [failure] = sealed.check().damaged
    assert failure.reason == "was damaged; lookups extract the features again"
    assert sealed.lookup(photos / "a.png", k=1, effort="low").hits[0].probability == 1
