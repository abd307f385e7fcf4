"""The model of a library: as installed, or from the files that the library keeps.

A library keeps a copy of a network that ships with copytrace, since a later version may ship another one under the same
name, and of a background of the owner's own.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from copytrace.descriptors import DEFAULT, Choice, descriptor_card, kept_model
from copytrace.descriptors.registry import shipped_network
from copytrace.errors import DescriptorError
from copytrace.files import whole_folder
from copytrace.library.records import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.descriptors import Device, Model
    from copytrace.library.place import Place

_NETWORK = "network"
_BACKGROUND = "background.npz"


class LibraryModel(NamedTuple):
    """The model that made a library's vectors, and the choice that loads it."""

    choice: Choice
    model: Model


class UpgradedError(DescriptorError):
    """Another process has upgraded the library, which makes a vector of its earlier model useless."""

    def __init__(self, library: Path) -> None:
        super().__init__(f"{library}: was just upgraded to another model. Describe the image again.")


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


def keep_files(place: Place, settings: Settings, background: Path | None) -> None:
    """Copy the files that may disappear: a network that ships with copytrace, and the owner's background."""
    network = shipped_network(settings.model)
    place.models.mkdir(exist_ok=True)
    with whole_folder(_folder(place, settings)) as folder:
        if (
            network is not None
            and descriptor_card(settings.model, settings.quality).sha256 == settings.model_sha256
        ):
            shutil.copytree(network, folder / _NETWORK)
        if background is not None:
            shutil.copyfile(background, folder / _BACKGROUND)


def discard_files(place: Place, settings: Settings) -> None:
    """Delete what an upgrade or a killed process left: new vectors already in use, and files of other models."""
    (place.upgrade / f"{settings.version}.sqlite").unlink(missing_ok=True)
    present = _folder(place, settings)
    if present.is_dir():
        place.background.unlink(missing_ok=True)
    for folder in place.models.glob("*"):
        if folder != present:
            shutil.rmtree(folder, ignore_errors=True)


def own_background(place: Place, settings: Settings) -> Path | None:
    """The owner's background; None if the library uses the model's own."""
    folder = _folder(place, settings)
    background = folder / _BACKGROUND if folder.is_dir() else place.background
    return background if background.exists() else None


def load_library_model(place: Place, settings: Settings, device: Device) -> LibraryModel:
    """Load the model that made a library's vectors.

    Raises:
        DescriptorError: neither copytrace nor the library has it any more.
        MissingDependencyError: it needs an optional dependency that is not installed.
        NoGpuError: the device is a GPU that cannot be used.
    """
    network = _folder(place, settings) / _NETWORK
    choice = Choice(settings.model, settings.quality, own_background(place, settings), device=device)
    try:
        model = kept_model(choice)
    except DescriptorError as error:
        problem = (
            f"its model '{settings.model}' cannot be used: {error} Or describe the images again with another model: "
            f"copytrace library upgrade {place.folder} --model {DEFAULT}"
        )
    else:
        difference = _difference(settings, settings_of(choice, model, settings.ids))
        if difference is None:
            return LibraryModel(choice, model)
        problem = (
            f"was created with another version of the model '{settings.model_name}': its {difference}. Describe the "
            f"images again with this version: copytrace library upgrade {place.folder}"
        )
    if not network.is_dir():
        raise DescriptorError(f"{place.folder}: {problem}")
    kept = replace(choice, model=str(network))
    return LibraryModel(kept, kept_model(kept))


def _folder(place: Place, settings: Settings) -> Path:
    return place.models / settings.version


def _difference(settings: Settings, found: Settings) -> str | None:
    """What makes the vectors of two settings incomparable, if anything."""
    for name in ("model_sha256", "quality", "background_sha256", "dims", "biased"):
        ours, theirs = getattr(settings, name), getattr(found, name)
        if ours != theirs:
            return f"{name} is {ours!r}, not {theirs!r}"
    return None
