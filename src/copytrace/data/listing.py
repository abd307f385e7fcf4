"""Lists a bucket for a dataset without a manifest: names and sizes, but no SHA-256."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from copytrace.data.manifest import Entry, make_manifest
from copytrace.errors import DataError
from copytrace.stores import trouble_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copytrace.data.dataset import Dataset
    from copytrace.data.manifest import Manifest
    from copytrace.stores import Store


def list_manifest(store: Store, dataset: Dataset) -> Manifest:
    """List the files of a mirror, in the order of the paths.

    A file belongs to the split whose folder contains it, else to one named after its first folder.

    Raises:
        DataError: the mirror cannot be listed, or is empty.
    """
    found = sorted(_entries(store, dataset), key=lambda entry: entry.path)
    folders = {str(parent) for entry in found for parent in PurePosixPath(entry.path).parents}
    # Some tools represent a folder as an empty object with its name.
    entries = [entry for entry in found if entry.bytes or entry.path not in folders]
    if not entries:
        raise DataError(f"{store.address}: is empty. Check that the address is complete.")
    return make_manifest(entries, name=str(store.address))


def split_of(path: str, dataset: Dataset) -> str:
    """The split of a path; a file outside all folders is its own split, named after it."""
    for split in dataset.splits:
        if split.folder and path.startswith(split.folder.strip("/") + "/"):
            return split.name
    first, slash, _ = path.partition("/")
    return first if slash else PurePosixPath(path).stem


def _entries(store: Store, dataset: Dataset) -> Iterator[Entry]:
    from obstore import list as list_objects
    from obstore.exceptions import BaseError

    base = store.address.key
    try:
        for page in list_objects(store.objects, base or None):
            for found in page:
                path = found["path"].removeprefix(base).lstrip("/")
                if path:
                    yield Entry(path, path, found["size"], "", split_of(path, dataset))
    except (BaseError, OSError) as error:
        trouble = trouble_of(error)
        raise DataError(
            f"{store.address}: cannot be listed: {trouble.reason}.{store.advice(trouble)}"
        ) from error
