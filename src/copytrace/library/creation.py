"""Creates the folder of a library, new or from its collection in Milvus."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal
from uuid import uuid4

from copytrace.descriptors import Choice, kept_model
from copytrace.descriptors.registry import network_folder
from copytrace.errors import InputError
from copytrace.files import check_output_folder, whole_folder
from copytrace.library.catalogue import Catalogue
from copytrace.library.library_model import keep_files, settings_of
from copytrace.library.milvus_shelf import create_collection, restore_catalogue
from copytrace.library.place import Place, require_local


def create_library(
    path: Path | str,
    model: str,
    quality: str,
    *,
    background: Path | str | None,
    ids: Literal["path", "stem"],
    keypoints: bool,
    store: str,
) -> None:
    """Create an empty library; see `Library.create`."""
    place = _new_place(path)
    choice = choice_of(model, quality, background)
    settings = replace(
        settings_of(choice, kept_model(choice), ids),
        keypoints=keypoints,
        store=store,
        store_key=uuid4().hex if store else "",
    )
    with whole_folder(place.folder) as temporary:
        inside = Place(temporary)
        inside.make_folders()
        keep_files(inside, settings, choice.background)
        Catalogue.create(inside.catalogue, settings)
        if store:
            create_collection(settings)


def restore_library(path: Path | str, store: str, background: Path | str | None) -> None:
    """Restore a lost folder; see `Library.restore`."""
    with whole_folder(_new_place(path).folder) as temporary:
        inside = Place(temporary)
        inside.make_folders()
        settings = restore_catalogue(inside, store)
        keep_files(inside, settings, None if background is None else Path(background))


def choice_of(model: str, quality: str, background: Path | str | None) -> Choice:
    """The choice of a library's model; a folder of the user's own is found from anywhere."""
    folder = network_folder(model)
    return Choice(
        str(folder.resolve()) if folder == Path(model) else model,
        quality,
        None if background is None else Path(background),
    )


def _new_place(path: Path | str) -> Place:
    """Where a new library can be.

    Raises:
        InputError: the folder holds something, or is on a network file system.
    """
    place = Place(Path(path))
    if place.catalogue.exists():
        raise InputError(
            f"{path}: is already a library. Add images to it: copytrace library add {path} IMAGES"
        )
    check_output_folder(place.folder)
    require_local(place.folder)
    return place
