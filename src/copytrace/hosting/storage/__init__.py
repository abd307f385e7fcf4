"""Storage of the site's files: a folder (the default), or a bucket in an S3 store."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from copytrace.hosting.storage.folder import FolderStorage
from copytrace.hosting.storage.storage import (
    DirectUploads,
    FileChanged,
    Part,
    Storage,
    StorageUnavailable,
    Stored,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "DirectUploads",
    "FileChanged",
    "FolderStorage",
    "Part",
    "Storage",
    "StorageUnavailable",
    "Stored",
    "open_storage",
]


@cache
def open_storage(store: str, folder: Path, reserve: int) -> Storage:
    """The storage of a site; makes no network requests yet.

    Args:
        store: `s3://BUCKET/PREFIX`, or empty for the folder.
        folder: the site's folder for files.
        reserve: number of bytes to keep free on the folder's disk.

    Raises:
        InputError: `store` is not the address of a bucket.
        MissingDependencyError: boto3 is not installed.
    """
    if not store:
        return FolderStorage(folder, reserve)
    # Only a site with a bucket needs boto3, which takes half a second to load.
    from copytrace.hosting.storage.bucket import open_bucket

    return open_bucket(store)
