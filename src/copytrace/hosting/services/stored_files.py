"""Files in the storage: challenges' lists and truths by their content, submissions as they came."""

from __future__ import annotations

import errno
import hashlib
import shutil
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
"""The errors of a system that has no room for what is written."""


def keep(folder: str, content: bytes, suffix: str) -> tuple[str, str]:
    """Store content under a name that follows from it, so that the same content is stored once.

    Returns:
        The name, and the SHA-256 of the content.
    """
    digest = hashlib.sha256(content).hexdigest()
    name = f"{folder}/{digest[:32]}{suffix}"
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(content))
    return name, digest


def place(name: str) -> Path:
    """Where a stored file lies on the file system."""
    return Path(default_storage.path(name))


def read(name: str) -> bytes:
    """The content of a stored file."""
    with default_storage.open(name, "rb") as file:
        return bytes(file.read())


def digest(name: str) -> str:
    """The SHA-256 of a stored file, which is read piece by piece."""
    with default_storage.open(name, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def drop(name: str) -> None:
    """Delete a stored file; one that is not there is fine."""
    if name:
        default_storage.delete(name)


def room() -> int:
    """Bytes that may still be written before the reserve of the disk is touched."""
    return free() - int(settings.DISK_RESERVE)


def free() -> int:
    """Bytes that are free on the disk."""
    folder = settings.DATA
    folder.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(folder).free
