"""All descriptors that copytrace knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from copytrace.descriptors.added import added_names
from copytrace.descriptors.installed import CARDS
from copytrace.descriptors.published import published_card, published_names
from copytrace.descriptors.registry import DESCRIPTORS, descriptor_card

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copytrace.descriptors.descriptor import Card

State = Literal["here", "missing", "published"]
"""`here`: ready to use; `missing`: its package is not installed; `published`: `copytrace models add` fetches it."""


class KnownModel(NamedTuple):
    """A descriptor.

    Attributes:
        card: its name, dimensions, licence and threshold.
        state: `here`, `missing` or `published`.
    """

    card: Card
    state: State


def known_models() -> list[KnownModel]:
    """All descriptors, and whether each can be used here."""
    return list(_known())


def _known() -> Iterator[KnownModel]:
    for card in (*(card for card, _ in DESCRIPTORS), *CARDS.values()):
        yield KnownModel(card, "here" if card.usable else "missing")
    added = added_names()
    for name in added:
        yield KnownModel(descriptor_card(name), "here")
    for name in published_names():
        if name not in added:
            yield KnownModel(published_card(name).card, "published")
