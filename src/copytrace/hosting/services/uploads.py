"""Uploads in pieces: quotas, free disk space, and appending one piece after another.

If the site stores its files in a bucket, clients send parts there, and ask the site which part is still missing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import os
import secrets
import time
import uuid
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, Sum

from copytrace.hosting.models import Account, Submission, Upload
from copytrace.hosting.services import clock, stored_files
from copytrace.hosting.services.problems import (
    ChecksumMismatch,
    Locked,
    NoRoom,
    NotFound,
    Problem,
    TooLarge,
    TooMany,
    Unusable,
)
from copytrace.hosting.storage import FileChanged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from io import FileIO

    from copytrace.hosting.storage import DirectUploads, Part

PIECE = 1 << 18
"""Bytes to hold in memory at once."""

NOTED = 8 << 20
"""Bytes after which the offset is recorded in the database: at most this many must be sent again after a crash."""

FLOWS = timedelta(minutes=1)
"""An upload is active while a request writes to it, and for this time afterwards."""

ALGORITHMS = ("sha256", "sha1", "md5")


def begin(account: Account, size: int, filename: str) -> Upload:
    """Create an upload, if the account's quota and the disk have room for it.

    Raises:
        TooLarge: it is larger than the whole quota.
        TooMany: it does not fit with the account's other uploads.
        NoRoom: the disk would get too full.
    """
    with transaction.atomic():
        # An account begins one upload at a time, so that two together cannot exceed the quota.
        Account.objects.select_for_update().get(pk=account.pk)
        require_room(account, size)
        now = clock.now()
        upload = Upload(account=account, size=size, filename=filename[:200], started_at=now)
        upload.path = f"uploads/{upload.pk.hex[:2]}/{upload.pk.hex}"
        upload.busy_until = now
        upload.expires_at = now + timedelta(hours=settings.UPLOAD_HOURS)
        upload.save(force_insert=True)
    if not go_to_a_bucket():
        stored_files.storage().save(upload.path, io.BytesIO())
    return upload


def take(account: Account, body: BinaryIO, size: int, filename: str) -> Upload:
    """Create an upload from a complete file on the site, such as one sent with a form.

    Raises:
        Problem: see `begin` and `append`.
    """
    upload = begin(account, size, filename)
    if not go_to_a_bucket():
        return append(upload, 0, body)
    stored_files.storage().save(upload.path, body)
    return _finish(upload)


def go_to_a_bucket() -> bool:
    """Whether clients send the bytes of their uploads to a bucket."""
    return stored_files.storage().direct is not None


def bucket_origin() -> str | None:
    """Scheme, host and port of the bucket that clients upload to; None if they upload to the site."""
    direct = stored_files.storage().direct
    return None if direct is None else direct.origin


def require_room(account: Account, size: int) -> None:
    """Refuse a file if the account's quota or the disk has no room for it.

    Raises:
        TooLarge: it is larger than the whole quota.
        TooMany: it does not fit with the account's other uploads.
        NoRoom: the disk would get too full.
    """
    if size > settings.UPLOAD_QUOTA:
        raise TooLarge(f"The file has {size:,} bytes; this host accepts at most {settings.UPLOAD_QUOTA:,}.")
    # The file of a submission counts until the submission is received.
    waiting = Q(submission=None) | Q(submission__state=Submission.State.UPLOADING)
    held = Upload.objects.filter(waiting, account=account).aggregate(held=Sum("size"))["held"] or 0
    if held + size > settings.UPLOAD_QUOTA:
        raise TooMany(
            f"Your pending uploads already take {held:,} bytes; this file would exceed the limit of"
            f" {settings.UPLOAD_QUOTA:,}. Submit or delete one of them, or wait until they expire after"
            f" {settings.UPLOAD_HOURS:g} hours."
        )
    # Space is reserved only for active uploads, so that a stalled one does not block others.
    flowing = Upload.objects.filter(finished_at=None, busy_until__gte=clock.now() - FLOWS)
    promised = flowing.aggregate(left=Sum(F("size") - F("offset")))["left"] or 0
    if size + promised > stored_files.room():
        raise NoRoom(
            "The host does not have enough disk space for this file. The organisers can see this; try again later."
        )


def find(account: Account, number: uuid.UUID | str) -> Upload:
    """An unexpired upload of the account.

    Raises:
        NotFound: none has this number.
    """
    try:
        rows = Upload.objects.filter(pk=uuid.UUID(str(number)), account=account)
    except ValueError:
        rows = Upload.objects.none()
    found = rows.filter(expires_at__gt=clock.now()).first()
    if found is None:
        raise NotFound(f"You have no upload {number}; it may have expired. Upload the file again.")
    return found


def append(upload: Upload, offset: int, body: BinaryIO, checksum: tuple[str, bytes] | None = None) -> Upload:
    """Append a piece; what arrives of it is kept.

    Args:
        upload: is brought up to date.
        offset: where the piece begins, according to the client.
        body: the piece; it may be incomplete.
        checksum: algorithm and digest of the piece; if given, only a complete and correct piece is kept.

    Raises:
        Problem: the offset is wrong (409).
        Unusable: the file must be sent to the site's bucket.
        Locked: another request is writing.
        TooLarge: the piece goes beyond the end.
        ChecksumMismatch: the piece does not match its checksum.
        NoRoom: the disk is full; what was already written is kept.
    """
    if go_to_a_bucket():
        raise Unusable(
            f"This site stores files in a bucket. Ask where to send them: POST /api/v1/uploads/{upload.pk}/parts"
        )
    lock = _lock(upload)
    try:
        upload.refresh_from_db()
        if offset != upload.offset:
            raise Problem(f"The upload has {upload.offset} bytes so far; got data for offset {offset}.")
        if stored_files.room() <= 0:
            raise NoRoom("The host's disk is full. Data received so far is kept; try again later.")
        _write(upload, lock, body, checksum)
    finally:
        Upload.objects.filter(pk=upload.pk, lock=lock).update(lock="", busy_until=clock.now())
    return upload


def next_part(upload: Upload) -> Part | None:
    """The part that the client must send to the bucket next. If none is missing, finishes the upload.

    Args:
        upload: is brought up to date.

    Raises:
        Unusable: the site has no bucket.
        NotFound: the parts were deleted or damaged in the bucket.
    """
    direct = stored_files.storage().direct
    if direct is None:
        raise Unusable(f"This site takes uploads by the tus protocol: PATCH /api/v1/uploads/{upload.pk}")
    if upload.finished_at is not None:
        return None
    if not upload.multipart:
        _begin_multipart(upload, direct)
    part, stored = direct.next_part(upload.path, upload.multipart, upload.size)
    if part is not None:
        upload.offset = stored
        Upload.objects.filter(pk=upload.pk).update(offset=stored, busy_until=clock.now())
        return part
    try:
        direct.complete(upload.path, upload.multipart, upload.size)
    except FileChanged as error:
        discard(upload)
        raise NotFound("The upload was deleted or damaged in the bucket; upload the file again.") from error
    _finish(upload)
    return None


def _begin_multipart(upload: Upload, direct: DirectUploads) -> None:
    """Begin an upload in the bucket; of two simultaneous requests, the first one's counts."""
    begun = direct.begin(upload.path)
    if not Upload.objects.filter(pk=upload.pk, multipart="").update(multipart=begun):
        direct.abort(upload.path, begun)
    upload.refresh_from_db()


def _finish(upload: Upload) -> Upload:
    """Record that every byte is stored."""
    now = clock.now()
    Upload.objects.filter(pk=upload.pk, finished_at=None).update(
        offset=upload.size, finished_at=now, busy_until=now
    )
    upload.refresh_from_db()
    return upload


def finish_abandoned() -> None:
    """Finish complete uploads whose process died before it could record that."""
    now = clock.now()
    Upload.objects.filter(_free(now), offset=F("size"), finished_at=None).update(finished_at=now)


def discard(upload: Upload) -> None:
    """Delete an upload and its bytes.

    Raises:
        NotFound: another request has already deleted it.
        Problem: it belongs to a submission that has been received.
    """
    with transaction.atomic():
        row = Upload.objects.select_for_update().filter(pk=upload.pk).first()
        if row is None:
            raise NotFound("This upload no longer exists.")
        waiting = Submission.objects.filter(upload=row).first()
        if waiting is not None and waiting.state != Submission.State.UPLOADING:
            raise Problem(f"The upload already belongs to submission {waiting.pk}; it cannot be deleted.")
        # Delete the bytes first: on a full disk, the database itself needs the space.
        _drop(row)
        if waiting is not None:
            waiting.delete()
        row.delete()


def hand_over(upload: Upload) -> None:
    """Release the bytes of an upload to their new owner: they no longer expire or count against a quota.

    Raises:
        Problem: it belongs to a submission, or another request took it.
    """
    with transaction.atomic():
        rows = Upload.objects.select_for_update().filter(pk=upload.pk, submission=None)
        if not rows.exists():
            raise Problem("The upload is already in use or has expired; upload the file again.")
        rows.delete()


def sweep() -> int:
    """Delete expired uploads; returns how many there were."""
    # A finished upload with a submission will be received, however late; its bytes belong to the submission.
    unsubmitted = Q(submission=None) | Q(submission__state=Submission.State.UPLOADING, finished_at=None)
    dead = Upload.objects.filter(unsubmitted, expires_at__lt=clock.now())
    count = 0
    for upload in dead[:100]:
        # Another worker may sweep too, and a last byte may arrive at this moment.
        with suppress(Problem):
            discard(upload)
            count += 1
    return count


def sweep_forms() -> None:
    """Delete form files left by a killed web process; the file of a form being read still grows."""
    before = time.time() - settings.UPLOAD_HOURS * 3600
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*.upload*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()


def _drop(upload: Upload) -> None:
    direct = stored_files.storage().direct
    if direct is not None and upload.multipart and upload.finished_at is None:
        direct.abort(upload.path, upload.multipart)
    stored_files.drop(upload.path)


def _lock(upload: Upload) -> str:
    """Hold the upload for one request; the lock of a killed process expires."""
    now, lock = clock.now(), secrets.token_hex(16)
    if not Upload.objects.filter(_free(now), pk=upload.pk).update(lock=lock, busy_until=now + _hold()):
        raise Locked("Another request is writing to this upload; try again in a few seconds.")
    return lock


def _free(now: datetime) -> Q:
    """Uploads that no request holds; an expired lock does not count."""
    return Q(busy_until=None) | Q(busy_until__lte=now)


def _hold() -> timedelta:
    return timedelta(seconds=settings.LEASE_SECONDS)


class _Writer:
    """Writes to the file of an upload while holding its lock.

    Another request may take a lock that is not renewed, and what it writes may already have been checked. So nothing is
    written under a lock that is past half of its lifetime.
    """

    def __init__(self, upload: Upload, lock: str, file: FileIO) -> None:
        self._upload, self._lock, self._file = upload, lock, file
        self._renewed = time.monotonic()

    def write(self, piece: bytes) -> None:
        """Write a whole piece.

        Raises:
            Locked: another request has taken over the upload.
        """
        if time.monotonic() - self._renewed > settings.LEASE_SECONDS / 2:
            self._renew()
        rest = memoryview(piece)
        while rest:
            rest = rest[self._file.write(rest) :]

    def note(self) -> None:
        """Record how far the file is written and, after its last byte, that it is finished: in one statement."""
        os.fsync(self._file.fileno())
        upload, end = self._upload, self._file.tell()
        if end < upload.size:
            self._renew(offset=end)
        else:
            finished_at = upload.finished_at or clock.now()
            self._renew(offset=end, finished_at=finished_at)
            upload.finished_at = finished_at
        upload.offset = end

    def _renew(self, **changes: int | datetime) -> None:
        begun = time.monotonic()
        mine = Upload.objects.filter(pk=self._upload.pk, lock=self._lock)
        if not mine.update(busy_until=clock.now() + _hold(), **changes):
            raise Locked("Another request took over this upload.")
        self._renewed = begun


def _write(upload: Upload, lock: str, body: BinaryIO, checksum: tuple[str, bytes] | None) -> None:
    algorithm = hashlib.new(checksum[0], usedforsecurity=False) if checksum else None
    try:
        # Unbuffered, so that the file has exactly what write() reports.
        place = stored_files.storage().path(upload.path)
        assert place is not None  # noqa: S101 - `append` refuses uploads of a site with a bucket
        opened = place.open("r+b", buffering=0)
    except FileNotFoundError as error:
        raise NotFound("The upload was deleted meanwhile; upload the file again.") from error
    with opened as file:
        # What a killed process wrote beyond the recorded offset is written again.
        file.truncate(upload.offset)
        file.seek(upload.offset)
        writer = _Writer(upload, lock, file)
        try:
            for piece in _pieces(body, upload.size - upload.offset):
                writer.write(piece)
                if algorithm is not None:
                    algorithm.update(piece)
                elif file.tell() - upload.offset >= NOTED:
                    writer.note()
        except OSError as error:
            # The client disconnected, or the disk is full: keep what is written, unless a checksum covers it.
            if algorithm is None:
                writer.note()
            if error.errno in stored_files.FULL:
                raise NoRoom(
                    "The host's disk is full. Data received so far is kept; try again later."
                ) from error
            return
        if checksum and algorithm is not None and algorithm.digest() != checksum[1]:
            raise ChecksumMismatch(f"The {checksum[0]} checksum of this data does not match; send it again.")
        writer.note()


def _pieces(body: BinaryIO, room: int) -> Iterator[bytes]:
    while piece := body.read(PIECE):
        room -= len(piece)
        if room < 0:
            raise TooLarge("The data exceeds the declared size of the upload.")
        yield piece


def checksum_of(header: str) -> tuple[str, bytes] | None:
    """Algorithm and digest of an Upload-Checksum header; None if there is none.

    Raises:
        Unusable: the algorithm is unknown, or the digest is not base64.
    """
    if not header:
        return None
    algorithm, _, encoded = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise Unusable(f"Unknown checksum algorithm {algorithm!r}; expected {', '.join(ALGORITHMS)}.")
    try:
        return algorithm, base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise Unusable(f"The checksum {encoded!r} is not valid base64.") from error
