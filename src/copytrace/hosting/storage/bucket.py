"""Files in a bucket of an S3 store: clients upload to it and download from it by presigned addresses.

Every address is for a fixed number of bytes: the length of a part is signed, and the parts in the bucket are counted
before they become the file. So nobody can store more than announced.
"""

from __future__ import annotations

import io
import os
import secrets
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import urlsplit

import httpx

from copytrace.errors import InputError, MissingDependencyError
from copytrace.extras import how_to_install
from copytrace.hosting.storage.storage import FileChanged, Part, StorageUnavailable, Stored
from copytrace.stores import DEFAULT_REGION, parse_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from copytrace.hosting.storage.storage import DirectUploads

PART = 8 << 20
"""Bytes per part, unless the file would have more than `MOST_PARTS`."""

MOST_PARTS = 10_000
"""Maximum number of parts that S3 accepts per upload."""

URL_SECONDS = 3600

UNLIMITED = 1 << 60
"""Free space of a bucket, in bytes."""

_MISSING = {"404", "NoSuchKey", "NoSuchUpload"}
_CHANGED = {"412", "PreconditionFailed", "416", "InvalidRange", *_MISSING}

_DENIED = (
    "Access to the bucket {bucket} is denied ({code}). Check the AWS credentials and the bucket's policy; the site"
    " needs the permissions listed in docs/hosting.md."
)


def open_bucket(address: str) -> BucketStorage:
    """Open the bucket at an address such as `s3://BUCKET/PREFIX`, with the usual AWS settings and credentials.

    Raises:
        InputError: it is not the address of a bucket, or AWS_PROFILE names a profile that does not exist.
        MissingDependencyError: boto3 is not installed.
    """
    if not address.removeprefix("s3://").strip("/") or not address.startswith("s3://"):
        raise InputError(f"COPYTRACE_HOST_STORE is {address!r}; expected s3://BUCKET/PREFIX, or nothing.")
    place = parse_address(address)
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise MissingDependencyError(
            f"Files in an S3 store need boto3. Install it {how_to_install('host-s3')}"
        ) from error
    # A bucket with dots in its name has no certificate of its own, and other services expect it in the path.
    elsewhere = any(os.environ.get(name) for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"))
    style = "path" if elsewhere or "." in place.root else "virtual"
    try:
        session = boto3.session.Session()
        client = session.client(
            "s3",
            region_name=session.region_name or DEFAULT_REGION,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": style},
                # Not every S3 service supports the checksums that newer clients send.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                # A worker renews its leases between requests.
                connect_timeout=3,
                read_timeout=10,
                retries={"total_max_attempts": 3, "mode": "standard"},
            ),
        )
    except (BotoCoreError, ValueError) as error:
        raise InputError(f"The AWS settings cannot be used: {error}") from error
    return BucketStorage(client, place.root, place.key)


class BucketStorage:
    """A prefix of a bucket; see `Storage` and `DirectUploads`.

    Args:
        client: boto3's client for the S3 service.
        bucket: its name.
        prefix: prefix of all keys.
    """

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:  # noqa: ANN401 - boto3 has no types
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    @property
    def direct(self) -> DirectUploads:
        """The bucket itself."""
        return self

    @property
    def origin(self) -> str:
        """Scheme, host and port of part addresses."""
        parts = urlsplit(self._signed("put_object", "-"))
        return f"{parts.scheme}://{parts.netloc}"

    def save(self, name: str, content: BinaryIO) -> None:
        """Store content under a name."""
        with self._trouble():
            self._client.upload_fileobj(content, self._bucket, self._key(name))

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading."""
        try:
            answer = self._ask("get_object", name)
        except _NotThere as error:
            raise FileNotFoundError(f"{self}: no file {name}") from error
        return cast("BinaryIO", io.BufferedReader(_Body(answer["Body"], self._trouble), 1 << 20))

    def find(self, name: str) -> Stored | None:
        """Size and version of a file; None if it does not exist."""
        try:
            about = self._ask("head_object", name)
        except _NotThere:
            return None
        return Stored(int(about["ContentLength"]), str(about["ETag"]))

    def piece(self, name: str, version: str, first: int, last: int) -> bytes:
        """Bytes of a version of a file."""
        try:
            answer = self._ask("get_object", name, Range=f"bytes={first}-{last}", IfMatch=version)
        except _NotThere as error:
            raise FileChanged(f"{self}/{name} was replaced or deleted while it was read.") from error
        with self._trouble():
            return bytes(answer["Body"].read())

    def path(self, name: str) -> None:
        """None: files must be fetched."""

    def url(self, name: str, filename: str = "") -> str:
        """An address from which the file can be downloaded."""
        shown = {"ResponseContentDisposition": f'attachment; filename="{filename}"'} if filename else {}
        return self._signed("get_object", name, **shown)

    def delete(self, name: str) -> None:
        """Delete a file."""
        self._ask("delete_object", name)

    def room(self) -> int:
        """A bucket has no limit."""
        return UNLIMITED

    def begin(self, name: str) -> str:
        """Begin an upload; returns the store's ID of it."""
        return str(self._ask("create_multipart_upload", name)["UploadId"])

    def next_part(self, name: str, upload: str, size: int) -> tuple[Part | None, int]:
        """The first missing part, and the number of bytes already stored. A part of the wrong size is missing."""
        try:
            there = {number: part["Size"] for number, part in self._parts(name, upload).items()}
        except _NotThere:
            # Completed before, or aborted; `complete` finds out.
            return None, size
        planned = [
            (number, offset, min(_part_size(size), size - offset))
            for number, offset in enumerate(range(0, size, _part_size(size)), 1)
        ]
        stored = sum(length for number, _, length in planned if there.get(number) == length)
        for number, offset, length in planned:
            if there.get(number) != length:
                url = self._signed(
                    "upload_part", name, UploadId=upload, PartNumber=number, ContentLength=length
                )
                return Part(offset, length, url), stored
        return None, stored

    def complete(self, name: str, upload: str, size: int) -> None:
        """Assemble the file from its parts."""
        with suppress(_NotThere):
            parts = self._parts(name, upload)
            last = -(-size // _part_size(size))
            chosen = [
                {"PartNumber": number, "ETag": parts[number]["ETag"]}
                for number in sorted(parts)
                if number <= last
            ]
            self._ask("complete_multipart_upload", name, UploadId=upload, MultipartUpload={"Parts": chosen})
        # An upload that no longer exists has already been completed.
        found = self.find(name)
        if found is None or found.size != size:
            raise FileChanged(f"{self}/{name} does not have the {size:,} bytes that were uploaded.")

    def abort(self, name: str, upload: str) -> None:
        """Delete the parts of an upload."""
        with suppress(_NotThere):
            self._ask("abort_multipart_upload", name, UploadId=upload)

    def fault(self, site: str) -> str | None:
        """What prevents use of the bucket: it does not exist, denies access, or lacks CORS rules."""
        probe = f"check-{secrets.token_hex(8)}"
        try:
            self._ask("put_object", probe, Body=b"")
            self._ask("get_object", probe)["Body"].close()
            self.abort(probe, self.begin(probe))
            self.delete(probe)
            refused = self._refuses_browsers_of(site)
        except (StorageUnavailable, _NotThere) as error:
            return str(error)
        except httpx.HTTPError as error:
            return f"{self.origin} does not respond ({error})."
        return (
            f"Browsers cannot upload: the CORS rules of the bucket {self._bucket} do not allow PUT from {refused}."
            " Add the rule given in docs/hosting.md."
            if refused
            else None
        )

    def __str__(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def _refuses_browsers_of(self, site: str) -> str:
        """The site's origin, if the bucket does not let its pages upload; otherwise empty."""
        parts = urlsplit(site)
        origin = f"{parts.scheme}://{parts.netloc}"
        asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
        answer = httpx.options(self._signed("put_object", "check"), headers=asked, timeout=10)
        allowed = answer.headers.get("Access-Control-Allow-Origin") in {origin, "*"}
        return "" if answer.is_success and allowed else origin

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name

    def _signed(self, method: str, name: str, **parameters: object) -> str:
        named = {"Bucket": self._bucket, "Key": self._key(name), **parameters}
        with self._trouble():
            return str(self._client.generate_presigned_url(method, Params=named, ExpiresIn=URL_SECONDS))

    def _parts(self, name: str, upload: str) -> dict[int, dict[str, Any]]:
        """The stored parts of an upload, by number."""
        found: dict[int, dict[str, Any]] = {}
        after = 0
        while True:
            answer = self._ask("list_parts", name, UploadId=upload, PartNumberMarker=after)
            found |= {part["PartNumber"]: part for part in answer.get("Parts", ())}
            if not answer.get("IsTruncated"):
                return found
            after = answer["NextPartNumberMarker"]

    def _ask(self, method: str, name: str, **parameters: object) -> Any:  # noqa: ANN401 - boto3 has no types
        with self._trouble():
            return getattr(self._client, method)(Bucket=self._bucket, Key=self._key(name), **parameters)

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        """Translate an error of the store.

        Raises:
            _NotThere: the file or upload does not exist, or has another version.
            StorageUnavailable: anything else.
        """
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            raise self._meaning(code, error) from error
        except NoCredentialsError as error:
            raise StorageUnavailable(
                "No AWS credentials found for COPYTRACE_HOST_STORE. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY,"
                " or AWS_PROFILE, or give the machine a role."
            ) from error
        except (BotoCoreError, Boto3Error, OSError) as error:
            raise StorageUnavailable(f"{self} cannot be reached: {error}") from error

    def _meaning(self, code: str, error: Exception) -> Exception:
        if code == "NoSuchBucket":
            return StorageUnavailable(
                f"The bucket {self._bucket} does not exist. Create it, or correct COPYTRACE_HOST_STORE."
            )
        if code in _CHANGED:
            return _NotThere(f"{self}: {error}")
        if code in {"403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"}:
            return StorageUnavailable(_DENIED.format(bucket=self._bucket, code=code))
        return StorageUnavailable(f"{self}: {error}")


class _NotThere(Exception):
    """The file or upload does not exist, or has another version."""


class _Body(io.RawIOBase):
    """The body of a response as a file."""

    def __init__(self, body: Any, trouble: Callable[[], AbstractContextManager[None]]) -> None:  # noqa: ANN401
        self._body = body
        self._trouble = trouble

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 - a buffer
        with self._trouble():
            piece = self._body.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._body.close()
        super().close()


def _part_size(size: int) -> int:
    """The size in bytes of each part except the last.

    >>> _part_size(1) == PART, _part_size(100 << 30) * MOST_PARTS >= 100 << 30
    (True, True)
    """
    return max(PART, -(-size // MOST_PARTS))
