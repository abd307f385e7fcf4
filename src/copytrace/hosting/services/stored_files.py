"""The site's files: challenges' lists and truths, named after their content, and submissions as they came."""

from __future__ import annotations

import errno
import hashlib
import io
import logging
import shutil
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, cast

from django.conf import settings

from copytrace.hosting.services.job import JobFile
from copytrace.hosting.storage import FileChanged, Storage, StorageUnavailable, open_storage

if TYPE_CHECKING:
    from io import BytesIO

FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
"""The errors of a system that has no room for what is written."""

_DIGITS = 32
"""Hexadecimal digits of its SHA-256 that a challenge's file is named after."""

_log = logging.getLogger(__name__)


def storage() -> Storage:
    """Where the site's files lie."""
    return open_storage(settings.STORE, settings.DATA / "files", settings.DISK_RESERVE)


def keep(folder: str, content: bytes, suffix: str) -> tuple[str, str]:
    """Store content under a name that follows from it, so that the same content is stored once.

    Returns:
        The name, and the SHA-256 of the content.
    """
    digest = hashlib.sha256(content).hexdigest()
    name = f"{folder}/{digest[:_DIGITS]}{suffix}"
    if storage().find(name) is None:
        storage().save(name, io.BytesIO(content))
    return name, digest


def digest_in(name: str) -> str:
    """The first digits of the SHA-256 of a challenge's file, which is named after them."""
    return PurePosixPath(name).stem


def described(name: str, sha256: str) -> JobFile:
    """A stored file as a job needs it.

    Args:
        name: of the file.
        sha256: its digest as far as it is recorded.

    Raises:
        FileChanged: it was deleted.
    """
    found = storage().find(name)
    if found is None:
        raise FileChanged(f"the stored file {name} does not exist any more")
    return JobFile(name, found.size, found.version, sha256)


def open_file(name: str) -> BinaryIO:
    """Open a stored file for reading."""
    return storage().open(name)


def read(name: str) -> bytes:
    """The content of a stored file."""
    with open_file(name) as file:
        return file.read()


def digest(name: str) -> str:
    """The SHA-256 of a stored file, which is read piece by piece."""
    with open_file(name) as file:
        return hashlib.file_digest(cast("BytesIO", file), "sha256").hexdigest()


def drop(name: str) -> None:
    """Delete a stored file; one that is not there is fine."""
    if not name:
        return
    try:
        storage().delete(name)
    except StorageUnavailable as error:
        # Nothing refers to it any more, so it costs nothing but its room.
        _log.warning("%s was not deleted: %s", name, error)


def room() -> int:
    """Bytes that may still be stored."""
    return storage().room()


def free() -> int:
    """Bytes that are free on the disk of the site's folder."""
    folder = settings.DATA
    folder.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(folder).free
