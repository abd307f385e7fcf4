"""Every descriptor that copytrace knows. To add one: copy a neighbour, and add a line to `DESCRIPTORS`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.descriptors import gist, pdq
from copytrace.errors import DescriptorError

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.descriptors.descriptor import Card, Descriptor

DESCRIPTORS: tuple[tuple[Card, Callable[[], Descriptor]], ...] = (
    (gist.CARD, gist.Gist),
    (pdq.CARD, pdq.Pdq),
)

DEFAULT = gist.CARD.name

_BY_NAME = {card.name: (card, make) for card, make in DESCRIPTORS}
if len(_BY_NAME) != len(DESCRIPTORS):
    raise DescriptorError("Two descriptors have one name: " + ", ".join(card.name for card, _ in DESCRIPTORS))


def descriptor_card(name: str) -> Card:
    """The card of a descriptor, whether or not it can be used here.

    >>> descriptor_card("pdq").threshold
    124.0

    Raises:
        DescriptorError: no descriptor has this name.
    """
    return _known(name)[0]


def load_descriptor(name: str) -> Descriptor:
    """A descriptor ready for use.

    Raises:
        DescriptorError: no descriptor has this name.
        MissingDependencyError: it needs an optional dependency that is not installed.
    """
    return _known(name)[1]()


def _known(name: str) -> tuple[Card, Callable[[], Descriptor]]:
    if name not in _BY_NAME:
        raise DescriptorError(
            f"There is no descriptor '{name}'; there are: {', '.join(_BY_NAME)}. See: copytrace models"
        )
    return _BY_NAME[name]
