from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from copytrace.errors import SourceError
from copytrace.stores import is_remote, parse_address

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "kind", "root", "key"),
    [
        ("s3://bucket/a/b/", "s3", "bucket", "a/b"),
        ("S3://bucket", "s3", "bucket", ""),
        ("s3://bucket/what?#.jpg", "s3", "bucket", "what?#.jpg"),
        ("https://host:8443/a%20b/c", "http", "https://host:8443", "a b/c"),
        ("http://host/a/../../b", "http", "http://host", "b"),
        ("/photos//2021/./a", "folder", "/", "photos/2021/a"),
        ("file:///photos/a%20b", "folder", "/", "photos/a b"),
    ],
)
def test_an_address_has_a_root_and_a_key(text: str, kind: str, root: str, key: str) -> None:
    address = parse_address(text)
    assert (address.kind, address.root, address.key) == (kind, root, key)


def test_a_relative_path_counts_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert str(parse_address("photos")) == str(tmp_path / "photos")


def test_a_relative_path_of_a_description_counts_from_its_place() -> None:
    home = parse_address("s3://bucket/isc")
    assert str(parse_address("manifest.csv", relative_to=home)) == "s3://bucket/isc/manifest.csv"
    assert str(parse_address("https://host/x", relative_to=home)) == "https://host/x"
    assert str(parse_address("/photos", relative_to=home)) == "/photos"


@pytest.mark.parametrize(
    "text", ["ftp://host/a", "s3://", "https:///a", "https://host/a?b=c", "gs://bucket/a"]
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(SourceError):
        parse_address(text)


def test_a_path_is_not_taken_for_a_url() -> None:
    assert not is_remote("s3/photos")
    assert not is_remote("file:///photos")
    assert is_remote("https://host")


def test_an_address_has_a_name_a_folder_and_children() -> None:
    address = parse_address("https://host/a b/c.jpg")
    assert str(address) == "https://host/a%20b/c.jpg"
    assert address.name == "c.jpg"
    assert str(address.folder) == "https://host/a%20b"
    assert str(address.folder.below("d/e.jpg")) == "https://host/a%20b/d/e.jpg"
    assert str(parse_address("s3://bucket").below("a")) == "s3://bucket/a"
