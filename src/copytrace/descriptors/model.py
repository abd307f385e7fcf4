"""The complete model that describes images: a descriptor at a quality, and the background for its scores."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from copytrace.descriptors.background_file import read_background
from copytrace.descriptors.descriptor import DEFAULT_QUALITY
from copytrace.descriptors.registry import DEFAULT, load_descriptor, network_folder
from copytrace.errors import DescriptorError
from copytrace.records import MAX_DIMS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from copytrace.descriptors.background import Background
    from copytrace.descriptors.descriptor import Card, Descriptor
    from copytrace.descriptors.device import Device
    from copytrace.records import ByteArray, Float32Array


@dataclass(frozen=True)
class Choice:
    """A user's choice of model; a worker process can load the same model from it.

    Attributes:
        model: a descriptor's name, or a folder with a network.
        quality: `fast`, `default` or `best`, if the descriptor has them.
        background: a file of the user's own that replaces the descriptor's background.
        raw: only the descriptor, whatever its dimensions; used to fit a background.
        device: device that its network runs on.
    """

    model: str = DEFAULT
    quality: str = DEFAULT_QUALITY
    background: Path | None = None
    raw: bool = False
    device: Device = "cpu"


@dataclass(frozen=True)
class Model:
    """A descriptor ready for use, with its background.

    Attributes:
        descriptor: turns pictures into vectors.
        background: computes each vector's bias; None if scores are not normalised.
        device: device that the descriptor runs on.
    """

    descriptor: Descriptor
    background: Background | None
    device: Device = "cpu"

    @property
    def card(self) -> Card:
        """The descriptor's card."""
        return self.descriptor.card

    @property
    def background_sha256(self) -> str:
        """Digest of the background; empty if there is none."""
        return "" if self.background is None else self.background.sha256

    @property
    def threshold(self) -> tuple[float | None, str]:
        """The squared distance up to which a pair is called a likely copy, and its origin."""
        if self.background is not None and self.background.threshold is not None:
            return self.background.threshold, self.background.threshold_source
        return self.card.threshold, self.card.threshold_source

    def describe(self, batch: Sequence[ByteArray]) -> tuple[Float32Array, Float32Array | None]:
        """Describe pictures in the form of `card.input`, each separately, to the last bit.

        Returns:
            (n, d) float32, finite; and (n,) float32 >= 0, the bias of each, or None without a background.
        """
        vectors = self.descriptor.describe(batch)
        return (vectors, None) if self.background is None else self.background.applied(vectors)


def load_model(choice: Choice) -> Model:
    """Load the model of a user's choice.

    Raises:
        DescriptorError: the descriptor or quality does not exist, a file is damaged, the background was fitted to
            another model, or the vectors have too many dimensions for a descriptor set.
        MissingDependencyError: it needs an optional dependency that is not installed.
        NoGpuError: the device is a GPU that cannot be used.
    """
    descriptor = load_descriptor(choice.model, choice.quality, choice.device)
    if choice.raw:
        return Model(descriptor, None, choice.device)
    background, place = descriptor.background, choice.model
    if choice.background is not None:
        background, place = read_background(choice.background), str(choice.background)
    if background is not None:
        _require_fit(background, descriptor.card, place)
    _require_room(descriptor.card, background, choice)
    return Model(descriptor, background, choice.device)


def kept_model(choice: Choice) -> Model:
    """Like `load_model`, but reuse the model loaded last unless one of its files has changed.

    Raises:
        DescriptorError: as `load_model`.
        MissingDependencyError: as `load_model`.
    """
    folder = network_folder(choice.model)
    files = [*sorted(folder.iterdir())] if folder else []
    if choice.background is not None and choice.background.exists():
        files.append(choice.background)
    return _kept_model(choice, tuple(_version(file) for file in files))


@lru_cache(maxsize=1)
def _kept_model(choice: Choice, _versions: tuple[tuple[str, int, int, int], ...]) -> Model:
    return load_model(choice)


def _version(file: Path) -> tuple[str, int, int, int]:
    """What changes when a file is replaced or modified."""
    found = file.stat()
    return file.name, found.st_ino, found.st_size, found.st_mtime_ns


def _require_fit(background: Background, card: Card, place: str) -> None:
    """Refuse a background that was fitted to another model."""
    fitted_to = (background.model, background.model_sha256, background.quality)
    mine = (card.name, card.sha256, card.quality)
    if background.model and fitted_to != mine:
        raise DescriptorError(
            f"{place}: was fitted to the model {_called(*fitted_to)}; expected one for {_called(*mine)}. Fit it: "
            f"copytrace fit-background PHOTOS --model {card.name} --quality {card.quality} -o bank.npz"
        )
    if background.takes_dims != card.dims:
        raise DescriptorError(
            f"{place}: the background is for vectors of {background.takes_dims} dimensions; the model '{card.name}' "
            f"produces {card.dims}."
        )


def _called(model: str, digest: str, quality: str) -> str:
    return f"'{model}' ({f'SHA-256 {digest[:12]}..., ' if digest else ''}quality {quality})"


def _require_room(card: Card, background: Background | None, choice: Choice) -> None:
    dims = card.dims if background is None else background.dims + 1
    if dims <= MAX_DIMS:
        return
    counted = " with the bias" if background is not None else ""
    raise DescriptorError(
        f"The model '{card.name}' produces {dims:,} dimensions{counted}; a descriptor set holds at most {MAX_DIMS}. "
        f"Fit a background, which also reduces the dimensions: copytrace fit-background PHOTOS --model {choice.model} "
        "-o bank.npz, and describe with --background bank.npz"
    )
