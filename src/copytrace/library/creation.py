"""Creates the folder of a library, new or from its collection in Milvus."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from copytrace.descriptors import Choice, kept_model
from copytrace.descriptors.registry import network_folder
from copytrace.errors import InputError
from copytrace.files import check_output_folder, whole_folder
from copytrace.library.catalogue import Catalogue
from copytrace.library.milvus_shelf import create_collection, restore_catalogue
from copytrace.library.place import Place, require_local
from copytrace.library.records import Settings

if TYPE_CHECKING:
    from copytrace.descriptors import Model


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
    folder = network_folder(model)
    # A folder of the user's own is found from anywhere.
    choice = Choice(
        str(folder.resolve()) if folder == Path(model) else model,
        quality,
        None if background is None else Path(background),
    )
    settings = replace(
        settings_of(choice, kept_model(choice), ids),
        keypoints=keypoints,
        store=store,
        store_key=uuid4().hex if store else "",
    )
    with whole_folder(place.folder) as temporary:
        inside = _laid_out(temporary, background)
        Catalogue.create(inside.catalogue, settings)
        if store:
            create_collection(settings)


def restore_library(path: Path | str, store: str, background: Path | str | None) -> None:
    """Restore a lost folder; see `Library.restore`."""
    with whole_folder(_new_place(path).folder) as temporary:
        restore_catalogue(_laid_out(temporary, background), store)


def settings_of(choice: Choice, model: Model, ids: Literal["path", "stem"]) -> Settings:
    """The settings of a library for a model."""
    threshold, source = model.threshold
    return Settings(
        model=choice.model,
        model_name=model.card.name,
        model_sha256=model.card.sha256,
        quality=model.card.quality,
        background_sha256=model.background_sha256,
        dims=model.card.dims if model.background is None else model.background.dims,
        biased=model.background is not None,
        threshold=threshold,
        threshold_source=source,
        ids=ids,
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


def _laid_out(folder: Path, background: Path | str | None) -> Place:
    """The folder with all that a library needs but its catalogue."""
    inside = Place(folder)
    inside.make_folders()
    if background is not None:
        shutil.copyfile(background, inside.background)
    return inside
