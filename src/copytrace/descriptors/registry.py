"""Every available descriptor: those in code, the networks that ship with copytrace, and those added on this machine.

To add one in code, copy a neighbour and add a line to `DESCRIPTORS`. A network is a folder in `weights/`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.descriptors import gist, pdq
from copytrace.descriptors.added import added_folder, models_folder
from copytrace.descriptors.card_file import read_card
from copytrace.descriptors.descriptor import DEFAULT_QUALITY, Card, Descriptor
from copytrace.descriptors.device import NoGpuError
from copytrace.descriptors.installed import CARDS, PUBLISHED_AS, installed_file, load_installed
from copytrace.descriptors.onnx import CARD_FILE, OnnxDescriptor
from copytrace.descriptors.published import published_names
from copytrace.descriptors.trial import try_network
from copytrace.errors import DescriptorError

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.descriptors.device import Device

_WEIGHTS = Path(__file__).with_name("weights")

_SHIPPED = {folder.parent.name: folder.parent for folder in sorted(_WEIGHTS.glob(f"*/{CARD_FILE}"))}
"""The networks inside the package."""

DESCRIPTORS: tuple[tuple[Card, Callable[[], Descriptor]], ...] = (
    *((read_card(folder / CARD_FILE).card, partial(OnnxDescriptor, folder)) for folder in _SHIPPED.values()),
    (gist.CARD, gist.Gist),
    (pdq.CARD, pdq.Pdq),
)
"""Those available without adding any, each at its quality `default`."""

DEFAULT = "copytrace"

_IN_CODE: dict[str, tuple[Card, Callable[[], Descriptor]]] = {
    card.name: (card, make) for card, make in DESCRIPTORS if card.name not in _SHIPPED
}
if len(_IN_CODE) + len(_SHIPPED) != len(DESCRIPTORS):
    raise DescriptorError(
        "Two descriptors have the same name: " + ", ".join(card.name for card, _ in DESCRIPTORS)
    )


def descriptor_card(model: str, quality: str = DEFAULT_QUALITY) -> Card:
    """The card of a descriptor, whether or not it can be used on this machine.

    Args:
        model: its name, or a folder with `model.onnx` and `card.yaml`.
        quality: one of its qualities.

    >>> descriptor_card("pdq").threshold
    124.0

    Raises:
        DescriptorError: the descriptor or quality does not exist.
    """
    found = _found(model)
    if isinstance(found, Path):
        return read_card(found / CARD_FILE, quality).card
    card, _ = found
    if quality not in card.qualities:
        raise DescriptorError(
            f"The descriptor '{model}' has no quality '{quality}'; it has: {', '.join(card.qualities)}."
        )
    return card


def load_descriptor(model: str, quality: str = DEFAULT_QUALITY, device: Device = "cpu") -> Descriptor:
    """Load a descriptor.

    Args:
        model: its name, or a folder with `model.onnx` and `card.yaml`.
        quality: one of its qualities.
        device: device to run on.

    Raises:
        DescriptorError: the descriptor or quality does not exist, or its files are damaged.
        MissingDependencyError: it needs an optional dependency that is not installed.
        NoGpuError: it cannot run on a GPU, or there is none.
    """
    found = _found(model)
    if isinstance(found, Path):
        if model not in _SHIPPED and found.parent != models_folder():
            # These were tested when they were added.
            try_network(found, quality)
        return OnnxDescriptor(found, quality, device)
    descriptor_card(model, quality)
    if device != "cpu":
        raise NoGpuError(f"the descriptor '{model}' does not run on a GPU.")
    return found[1]()


def network_folder(model: str) -> Path | None:
    """The folder with a network's files; None for a descriptor in code.

    Raises:
        DescriptorError: the descriptor does not exist.
    """
    if model in published_names() and added_folder(model) is None:
        return None
    found = _found(model)
    return found if isinstance(found, Path) else None


def shipped_network(model: str) -> Path | None:
    """The folder of a network that ships with copytrace; None for other models, and for unknown ones."""
    return _SHIPPED.get(model)


def _found(model: str) -> Path | tuple[Card, Callable[[], Descriptor]]:
    """The folder of a network, or the card and class of a descriptor in code."""
    if model in _SHIPPED:
        return _SHIPPED[model]
    if model in _IN_CODE:
        return _IN_CODE[model]
    if (Path(model) / CARD_FILE).exists():
        return Path(model)
    if (added := added_folder(model)) is not None:
        return added
    if model in CARDS:
        published = added_folder(PUBLISHED_AS.get(model, ""))
        if published is not None and installed_file(model) is None:
            return published
        return CARDS[model], partial(load_installed, model)
    if model in published_names():
        raise DescriptorError(
            f"The model '{model}' is not installed yet. Add it first: copytrace models add {model}"
        )
    names = ", ".join(card.name for card, _ in DESCRIPTORS)
    raise DescriptorError(
        f"Unknown descriptor '{model}'; available: {names}. See: copytrace models. To use a network of your "
        "own, name its folder."
    )
