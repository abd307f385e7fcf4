"""The cards of published models, one YAML file each in this folder."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.descriptors.card_file import read_card
from copytrace.errors import DescriptorError

if TYPE_CHECKING:
    from copytrace.descriptors.network import NetworkCard

_FOLDER = Path(__file__).parent


@cache
def published_names() -> tuple[str, ...]:
    """The names of the published models with cards, in order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def published_file(name: str) -> Path:
    """The card file of a published model.

    Raises:
        DescriptorError: there is no card of this name.
    """
    if name not in published_names():
        raise DescriptorError(
            f"Unknown published model '{name}'; available: {', '.join(published_names())}. To add another: "
            "copytrace models add FILE --card CARD.yaml"
        )
    return _FOLDER / f"{name}.yaml"


def published_card(name: str) -> NetworkCard:
    """The card of a published model; its digest is empty, since it was never computed.

    Raises:
        DescriptorError: there is no card of this name.
    """
    return read_card(published_file(name))
