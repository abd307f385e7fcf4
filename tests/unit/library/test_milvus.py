"""What can go wrong between a library and its collection in Milvus, and how it is put right."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

from copytrace.cli.app import app
from copytrace.errors import CopytraceError, InputError
from copytrace.library import Library
from copytrace.library.milvus import Address, Collection
from copytrace.vectors import read_descriptors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Paint = Callable[[Path, int], Path]

pytestmark = pytest.mark.needs("milvus")


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"milvus://{tmp_path}/lite.db/pictures"


@pytest.fixture
def outside(store: str, tmp_path: Path, photos: Path) -> Iterator[Library]:
    """A library of six pictures whose vectors are in Milvus."""
    Library.create(tmp_path / "outside", model="gist", store=store)
    with Library.open(tmp_path / "outside") as opened:
        opened.add(photos, metadata={"a.png": {"credit": "Ada"}})
        yield opened


@pytest.fixture
def collection(outside: Library) -> Iterator[Collection]:
    """The collection of that library, as an administrator of Milvus would use it."""
    opened = Collection(Address.parse(outside.settings.store))
    yield opened
    opened.close()


def ids_near(library: Library, picture: Path) -> list[str]:
    return sorted(hit.id for hit in library.lookup(picture, verify=False).hits)


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("milvus://localhost:19530/agency", "http://localhost:19530"),
        ("milvus+https://example.org:443/agency", "https://example.org:443"),
        ("milvus:///data/lite.db/agency", "/data/lite.db"),
    ],
)
def test_an_address_names_a_server_and_a_collection(text: str, uri: str) -> None:
    assert Address.parse(text) == Address(text, uri, "agency")


@pytest.mark.parametrize(
    "text",
    [
        " ",
        "milvus",
        "http://host/name",
        "milvus://host",
        "milvus://host/a/b",
        "milvus://user:secret@host/name",
        "milvus://host/my-pictures",
        "milvus://host/1st",
        "milvus:///name",
    ],
)
def test_an_invalid_address_is_refused_before_anything_is_written(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected milvus://HOST:PORT/NAME"):
        Library.create(tmp_path / "new", model="gist", store=text)
    assert not (tmp_path / "new").exists()


def test_a_server_that_cannot_be_reached_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copytrace.library.milvus._CONNECT_SECONDS", 0.2)
    with pytest.raises(
        CopytraceError, match=r"milvus://localhost:9/x: .*\. Check that Milvus is running there"
    ):
        Library.create(tmp_path / "new", model="gist", store="milvus://localhost:9/x")
    assert not (tmp_path / "new").exists()


def test_a_collection_that_exists_is_not_taken(outside: Library, tmp_path: Path) -> None:
    with pytest.raises(
        CopytraceError, match=r"already exists.*copytrace library restore DIR --store milvus:"
    ):
        Library.create(tmp_path / "second", model="gist", store=outside.settings.store)


def test_the_collection_of_another_library_is_refused(
    outside: Library, collection: Collection, photos: Path
) -> None:
    collection.drop()
    Library.create(outside.path.parent / "second", model="gist", store=outside.settings.store)
    with Library.open(outside.path) as again:
        for change in (lambda: again.lookup(photos / "a.png", verify=False), again.check):
            with pytest.raises(
                CopytraceError, match=r"a different library \(model 'gist', \d+ dimensions\) than"
            ):
                change()


def test_a_collection_of_another_program_is_refused(store: str, tmp_path: Path) -> None:
    from pymilvus import MilvusClient

    client = MilvusClient(str(tmp_path / "lite.db"))
    client.create_collection("pictures", dimension=4)
    client.close()
    with pytest.raises(CopytraceError, match="does not contain a copytrace library"):
        Library.restore(tmp_path / "restored", store)


def test_missing_rows_are_described_again_by_a_check(
    outside: Library, collection: Collection, photos: Path, tmp_path: Path
) -> None:
    collection.delete([2, 3])
    with pytest.raises(CopytraceError, match=r"2 rows of images are missing.*copytrace library check"):
        outside.export(tmp_path / "set.h5")
    assert ids_near(outside, photos / "a.png") == ["a.png", "d.png", "e.png", "f.png"]
    checked = outside.check()
    assert ([each.reason for each in checked.damaged], checked.rebuilt) == (
        ["2 rows of images are missing"],
        2,
    )
    assert ids_near(outside, photos / "a.png") == [f"{name}.png" for name in "abcdef"]
    assert outside.check().sound


def test_rows_that_belong_to_no_image_are_not_found_and_deleted_by_a_check(
    outside: Library, collection: Collection, photos: Path
) -> None:
    # As if a deletion had been lost, so that the item is gone and its row is not.
    (vector, told), *_ = collection.get([1]).values()
    outside.remove(["a.png"])
    collection.insert([1], vector[None], [told])
    assert ids_near(outside, photos / "a.png") == [f"{name}.png" for name in "bcdef"]
    assert [each.reason for each in outside.check().damaged] == ["1 rows belong to no image; deleted"]
    assert not collection.get([1])


def test_a_missing_collection_is_made_again(outside: Library, collection: Collection, photos: Path) -> None:
    collection.drop()
    with Library.open(outside.path) as again:
        with pytest.raises(CopytraceError, match=r"this collection does not exist\. Repair the library"):
            again.lookup(photos / "a.png", verify=False)
        assert again.check().rebuilt == 6
    assert ids_near(outside, photos / "a.png") == [f"{name}.png" for name in "abcdef"]


def test_a_lost_folder_is_restored_from_the_collection(
    outside: Library, photos: Path, tmp_path: Path, painted: Paint
) -> None:
    painted(photos / "b.png", 9)
    outside.add(photos, replace=True)
    outside.export(tmp_path / "before.h5")
    items = [(item.id, item.path, item.content_sha256) for item in outside.items()]
    shutil.rmtree(outside.path)
    Library.restore(tmp_path / "restored", outside.settings.store)
    with Library.open(tmp_path / "restored") as restored:
        assert [(item.id, item.path, item.content_sha256) for item in restored.items()] == items
        assert restored.item("a.png").metadata == {"credit": "Ada"}  # type: ignore[union-attr]
        restored.export(tmp_path / "after.h5")
        assert restored.add(photos).unchanged == 6
        assert restored.check().sound
    before, after = (read_descriptors(tmp_path / name) for name in ("before.h5", "after.h5"))
    assert np.array_equal(before.vectors, after.vectors)


def test_a_stale_copy_of_the_folder_allows_lookups_but_no_changes(
    outside: Library, tmp_path: Path, painted: Paint
) -> None:
    shutil.copytree(outside.path, tmp_path / "copy")
    new = painted(tmp_path / "g.png", 6)
    outside.add(new)
    with Library.open(tmp_path / "copy") as copy:
        assert ids_near(copy, new) == [f"{name}.png" for name in "abcdef"]
        for change in (lambda: copy.add(new), lambda: copy.remove(["a.png"]), copy.check):
            with pytest.raises(CopytraceError, match="another copy of this folder has added them"):
                change()
    assert len(outside) == 7


def test_metadata_that_is_too_long_for_milvus_stays_in_the_catalogue(outside: Library, photos: Path) -> None:
    outside.add(photos / "a.png", metadata={"a.png": {"caption": "long " * 20_000}}, replace=True)
    outside.remove(["a.png"])
    outside.add_bytes("a.png", (photos / "a.png").read_bytes(), metadata={"caption": "long " * 20_000})
    assert outside.check().sound
    assert len(outside.item("a.png").metadata["caption"]) == 100_000  # type: ignore[union-attr]


def test_more_than_milvus_can_find_is_refused(outside: Library, photos: Path) -> None:
    with pytest.raises(InputError, match="k is 20000; Milvus finds at most 16,384"):
        outside.lookup(photos / "a.png", k=20_000, verify=False)


def test_the_command_line_creates_and_restores(outside: Library, tmp_path: Path) -> None:
    def said(*arguments: object) -> str:
        done = CliRunner().invoke(app, ["library", *map(str, arguments)])
        assert done.exit_code == 0, done.output
        return done.output

    store = outside.settings.store
    assert "6 images restored" in said("restore", tmp_path / "restored", "--store", store)
    said("create", tmp_path / "new", "--model", "gist", "--store", f"{store}_2")
    assert f"vectors: {store}_2" in said("stats", tmp_path / "new")
