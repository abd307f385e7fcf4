"""The site's files: the lists and truths of challenges, named by their content, and submissions as received."""

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
"""The system's errors for a full disk."""

_DIGITS = 32
"""Number of hexadecimal digits of the SHA-256 in the name of a challenge's file."""

_log = logging.getLogger(__name__)


def storage() -> Storage:
    """The storage of the site's files."""
    return open_storage(settings.STORE, settings.DATA / "files", settings.DISK_RESERVE)


def keep(folder: str, content: bytes, suffix: str) -> tuple[str, str]:
    """Store content under a name derived from it, so that the same content is stored once.

    Returns:
        The name and the SHA-256 of the content.
    """
    digest = hashlib.sha256(content).hexdigest()
    name = f"{folder}/{digest[:_DIGITS]}{suffix}"
    if storage().find(name) is None:
        storage().save(name, io.BytesIO(content))
    return name, digest


def digest_in(name: str) -> str:
    """The first digits of the SHA-256 of a challenge's file, taken from its name."""
    return PurePosixPath(name).stem


def described(name: str, sha256: str) -> JobFile:
    """Describe a stored file for a job.

    Args:
        name: name of the file.
        sha256: its digest, or the digits recorded of it.

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
    """The SHA-256 of a stored file, read piece by piece."""
    with open_file(name) as file:
        return hashlib.file_digest(cast("BytesIO", file), "sha256").hexdigest()


def drop(name: str) -> None:
    """Delete a stored file, if it exists."""
    if not name:
        return
    try:
        storage().delete(name)
    except StorageUnavailable as error:
        # Nothing refers to it any more, so the only cost is its disk space.
        _log.warning("%s was not deleted: %s", name, error)


def room() -> int:
    """Number of bytes that can still be stored."""
    return storage().room()


def free() -> int:
    """Number of free bytes on the disk of the site's folder."""
    folder = settings.DATA
    folder.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(folder).free
