"""What the host expects of every place for its files, of a folder and of a bucket alike."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import boto3
import httpx
import pytest

from copytrace.errors import InputError
from copytrace.hosting.storage import FileChanged, StorageUnavailable, open_storage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from copytrace.hosting.storage import DirectUploads, Part, Storage

SITE = "https://challenge.example.org"
PART = 8 << 20


@pytest.fixture(scope="module")
def bucket(s3_url: str) -> Iterator[str]:
    """The name of a bucket to which the site's pages may upload."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", s3_url)
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="site")
        rule = {"AllowedMethods": ["PUT"], "AllowedOrigins": [SITE]}
        client.put_bucket_cors(Bucket="site", CORSConfiguration={"CORSRules": [rule]})
        yield "site"


@pytest.fixture(scope="module")
def in_bucket(bucket: str, tmp_path_factory: pytest.TempPathFactory) -> Storage:
    return open_storage(f"s3://{bucket}/files", tmp_path_factory.mktemp("unused"), 0)


@pytest.fixture(params=["folder", pytest.param("bucket", marks=pytest.mark.needs("s3"))])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "bucket":
        found: Storage = request.getfixturevalue("in_bucket")
        return found
    return open_storage("", tmp_path / "files", 0)


def test_saved_bytes_can_be_read_and_replaced(storage: Storage) -> None:
    for content in (b"", b"first", b"second"):
        storage.save("a/b.csv", io.BytesIO(content))
        with storage.open("a/b.csv") as file:
            assert file.read() == content
        found = storage.find("a/b.csv")
        assert found is not None
        assert found.size == len(content)


def test_a_deleted_file_is_gone_and_can_be_deleted_again(storage: Storage) -> None:
    storage.save("a", io.BytesIO(b"content"))
    for _ in range(2):
        storage.delete("a")
    assert storage.find("a") is None
    with pytest.raises(FileNotFoundError):
        storage.open("a")
    with pytest.raises(FileChanged):
        storage.piece("a", "", 0, 3)


def test_pieces_end_where_the_file_does(storage: Storage) -> None:
    storage.save("a", io.BytesIO(b"0123456789"))
    found = storage.find("a")
    assert found is not None
    pieces = [storage.piece("a", found.version, *span) for span in ((0, 3), (4, 7), (8, 11))]
    assert pieces == [b"0123", b"4567", b"89"]


def test_a_file_is_on_this_machine_or_at_an_address(storage: Storage) -> None:
    storage.save("a", io.BytesIO(b"content"))
    path, url = storage.path("a"), storage.url("a", "entry-3")
    if path is not None:
        assert (path.read_bytes(), url) == (b"content", None)
    else:
        assert url is not None
        answer = httpx.get(url, headers={"Range": "bytes=1-3"})
        assert (answer.status_code, answer.content) == (206, b"ont")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="entry-3"'


def test_there_is_room_and_nothing_to_object_to(storage: Storage) -> None:
    assert storage.room() > 0
    assert storage.fault(SITE) is None


def test_nothing_is_left_of_a_file_that_could_not_be_saved(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise OSError("the form broke off")

    with pytest.raises(OSError, match="broke off"):
        open_storage("", tmp_path, 0).save("a/b", Broken())
    assert list((tmp_path / "a").iterdir()) == []


class Upload:
    """An upload of two parts to the bucket."""

    size = PART + 3

    def __init__(self, storage: Storage, name: str) -> None:
        assert storage.direct is not None
        self.name = name
        self.direct: DirectUploads = storage.direct
        self.id = self.direct.begin(name)

    def next(self) -> tuple[Part | None, int]:
        return self.direct.next_part(self.name, self.id, self.size)

    def send(self, content: bytes) -> Part:
        part, _ = self.next()
        assert part is not None
        assert httpx.put(part.url, content=content).is_success
        return part

    def complete(self) -> None:
        self.direct.complete(self.name, self.id, self.size)


@pytest.mark.needs("s3")
def test_an_upload_is_made_of_parts_that_the_client_sends(in_bucket: Storage) -> None:
    upload = Upload(in_bucket, "two-parts")
    first = upload.send(bytes(PART))
    # The length is a part of the signature: a store that checks signatures takes no other.
    assert "X-Amz-SignedHeaders=content-length%3Bhost" in first.url
    assert first.url.startswith(upload.direct.origin)
    second = upload.send(b"end")
    assert [(part.offset, part.size) for part in (first, second)] == [(0, PART), (PART, 3)]
    assert upload.next() == (None, upload.size)
    assert in_bucket.find("two-parts") is None
    # A process that is killed in between asks the bucket again.
    for _ in range(2):
        upload.complete()
    assert upload.next() == (None, upload.size)
    found = in_bucket.find("two-parts")
    assert found is not None
    assert in_bucket.piece("two-parts", found.version, PART, PART + 2) == b"end"


@pytest.mark.needs("s3")
def test_a_part_of_another_size_counts_as_missing(in_bucket: Storage) -> None:
    upload = Upload(in_bucket, "long")
    upload.send(bytes(PART + 1))
    part, stored = upload.next()
    assert part is not None
    assert (part.offset, stored) == (0, 0)


@pytest.mark.needs("s3")
def test_an_aborted_upload_cannot_be_completed(in_bucket: Storage) -> None:
    upload = Upload(in_bucket, "aborted")
    upload.send(bytes(PART))
    for _ in range(2):
        upload.direct.abort(upload.name, upload.id)
    with pytest.raises(FileChanged, match="s3://site/files/aborted"):
        upload.complete()


@pytest.mark.needs("s3")
def test_a_file_that_is_replaced_while_it_is_read_is_noticed(in_bucket: Storage) -> None:
    in_bucket.save("a", io.BytesIO(b"before"))
    found = in_bucket.find("a")
    in_bucket.save("a", io.BytesIO(b"after!"))
    assert found is not None
    with pytest.raises(FileChanged, match="was replaced or deleted"):
        in_bucket.piece("a", found.version, 3, 5)


@pytest.mark.needs("s3")
def test_a_large_file_has_no_more_parts_than_the_store_takes(in_bucket: Storage) -> None:
    upload = Upload(in_bucket, "large")
    upload.size = 200 << 30
    part, _ = upload.next()
    assert part is not None
    assert part.size * 10_000 >= upload.size


@pytest.mark.needs("s3")
@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(
    ("store", "site", "words"),
    [
        ("s3://no-such-bucket/files", SITE, "The bucket no-such-bucket does not exist. Create it"),
        ("s3://site/files", "https://other.example.org", "do not allow PUT from https://other.example.org"),
    ],
)
def test_a_bucket_that_cannot_be_used_is_reported(tmp_path: Path, store: str, site: str, words: str) -> None:
    assert words in str(open_storage(store, tmp_path, 0).fault(site))


def test_missing_credentials_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    found = open_storage("s3://site/nobody", tmp_path, 0)
    assert str(found.fault(SITE)).startswith("No AWS credentials found for COPYTRACE_HOST_STORE. Set AWS_ACC")


def test_a_store_that_does_not_answer_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    away = open_storage("s3://site/away", tmp_path, 0)
    with pytest.raises(StorageUnavailable, match="s3://site/away cannot be reached"):
        away.find("a")


@pytest.mark.parametrize("address", ["https://bucket.example.org", "s3://", "/var/files"])
def test_other_addresses_are_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(InputError, match="expected s3://BUCKET/PREFIX, or nothing"):
        open_storage(address, tmp_path, 0)
