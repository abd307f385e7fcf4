"""Images that arrive as bytes, for example from the web: the library stores their files itself."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from copytrace.errors import InputError
from copytrace.files import sync_folder, whole_file
from copytrace.images import ImageFile
from copytrace.images.formats import format_of
from copytrace.library.catalogue import now
from copytrace.library.records import Item
from copytrace.pipelines.chunks import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from copytrace.library.catalogue import Catalogue
    from copytrace.library.place import Place
    from copytrace.library.shelf import Shelf
    from copytrace.records import Float32Array


class Described(NamedTuple):
    """A library model's description of an image.

    Attributes:
        vector: (d,) float32.
        bias: its score normalisation, if the model has one.
        version: `Settings.version` of the model; empty if unknown.
    """

    vector: Float32Array
    bias: float | None
    version: str = ""


class ItemExistsError(InputError):
    """The ID already belongs to another image."""


def add_upload(  # noqa: PLR0917 - handed through by the one caller
    place: Place,
    catalogue: Catalogue,
    shelf: Shelf,
    item_id: str,
    data: bytes,
    described: Described,
    metadata: Mapping[str, Any],
    *,
    replace_other: bool,
) -> tuple[Item, bool]:
    """Add an image, or update the metadata of the item with the same image; its file is on disk first.

    Returns:
        The item, and whether its image is new.

    Raises:
        ItemExistsError: the ID belongs to another image that must not be replaced.
    """
    digest = hashlib.sha256(data).hexdigest()
    earlier, has_vector = catalogue.known([item_id]).get(item_id, (None, False))
    if earlier is not None and earlier.content_sha256 == digest and has_vector:
        item = replace(earlier, metadata={**earlier.metadata, **metadata})
        with catalogue.writing():
            catalogue.update(item)
        return item, False
    if earlier is not None and not replace_other:
        raise ItemExistsError(
            f"The ID {item_id!r} belongs to another image. Request its replacement, or choose another ID."
        )
    file = _stored(place, digest, data)
    known = {} if earlier is None else earlier.metadata
    item = Item(
        id=item_id,
        path=str(file),
        source=str(place.images),
        relative=str(file.relative_to(place.images)),
        content_sha256=digest,
        fingerprint=fingerprint(ImageFile(item_id, str(file), str(file.relative_to(place.images)))),
        bytes=len(data),
        added_at=now(),
        metadata={**known, **metadata},
    )
    bias = None if described.bias is None else np.array([described.bias], np.float32)
    shelf.put(([item], described.vector[None], bias))
    if earlier is not None:
        delete_uploads(place, catalogue, [earlier])
    return item, True


def delete_uploads(place: Place, catalogue: Catalogue, items: Iterable[Item]) -> None:
    """Delete the stored files of items, unless another item has the same file."""
    for item in items:
        if item.source == str(place.images) and not catalogue.has_file(item.source, item.relative):
            file = place.images / item.relative
            file.unlink(missing_ok=True)
            sync_folder(file.parent)


def _stored(place: Place, digest: str, data: bytes) -> Path:
    """The path of the stored bytes."""
    ending = (format_of(data) or "").lower().replace("jpeg", "jpg")
    path = place.images / digest[:2] / f"{digest}.{ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as temporary:
        temporary.write_bytes(data)
    # whole_file syncs only the file's own folder.
    sync_folder(place.images)
    sync_folder(place.folder)
    return path
