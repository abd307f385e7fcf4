"""All descriptors that copytrace knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from copytrace.descriptors.added import added_names
from copytrace.descriptors.installed import CARDS
from copytrace.descriptors.published import published_card, published_names
from copytrace.descriptors.registry import DESCRIPTORS, descriptor_card

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copytrace.descriptors.descriptor import Card

State = Literal["here", "missing", "published"]
"""`here`: ready to use; `missing`: its package is not installed; `published`: `copytrace models add` fetches it."""


def known_models() -> Iterator[tuple[Card, State]]:
    """The card of each descriptor, and whether it can be used here."""
    for card, _ in DESCRIPTORS:
        yield card, "here" if card.usable else "missing"
    for card in CARDS.values():
        yield card, "here" if card.usable else "missing"
    added = added_names()
    for name in added:
        yield descriptor_card(name), "here"
    for name in published_names():
        if name not in added:
            yield published_card(name).card, "published"
