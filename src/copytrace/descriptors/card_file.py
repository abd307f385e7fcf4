"""Card files (YAML): everything copytrace needs to know about a network, next to its ONNX file.

docs/models.md describes every field, and `card_schema` checks them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from copytrace.descriptors.background import Normalisation
from copytrace.descriptors.descriptor import DEFAULT_QUALITY, Card
from copytrace.descriptors.inset import Inset
from copytrace.descriptors.network import QUALITIES, NetworkCard, Published
from copytrace.documents import Document, DocumentError, read_yaml
from copytrace.errors import DescriptorError
from copytrace.images import Input

_PACKAGE = Path(__file__).parent


def read_card(path: Path, quality: str = DEFAULT_QUALITY) -> NetworkCard:
    """Read a card file at one of its qualities.

    Raises:
        DescriptorError: the file is not a card, a field is missing, unknown or of the wrong kind, or it has no such
            quality.
    """
    try:
        document = read_yaml(path)
        # The tests check the cards that ship; without pydantic, worker processes start faster.
        if _PACKAGE not in path.parents:
            check_card(document)
    except DocumentError as error:
        raise DescriptorError(f"{error} See docs/models.md for the fields of a card.") from error
    given = document.content
    changes = given.get("qualities") or {}
    variations = {
        name: changes.get(name, {}) for name in QUALITIES if name in changes or name == DEFAULT_QUALITY
    }
    if quality not in variations:
        raise DescriptorError(f"{path}: has no quality '{quality}'; it has: {', '.join(variations)}.")
    return _network(_with_quality(given, quality), quality, tuple(variations))


def check_card(document: Document) -> None:
    """Check a card at each of its qualities.

    Raises:
        DocumentError: a field is missing, unknown or invalid.
    """
    from copytrace.descriptors.card_schema import CardFields

    for quality in document.checked(CardFields).qualities or {}:
        Document(_with_quality(document.content, quality), document.source, document.root).checked(CardFields)


def _with_quality(given: dict[str, Any], quality: str) -> dict[str, Any]:
    """The fields of a card at one of its qualities."""
    changes = (given.get("qualities") or {}).get(quality, {})
    return {**given, **changes, "input": given["input"] | (changes.get("input") or {})}


def _network(given: dict[str, Any], quality: str, qualities: tuple[str, ...]) -> NetworkCard:
    """The network that checked fields describe."""
    model_sha256, inset = given.get("sha256") or "", _inset(given.get("inset"))
    threshold, normalisation = given.get("threshold"), given.get("normalisation")
    card = Card(
        name=given["name"].strip(),
        summary=given["summary"].strip(),
        dims=given["dims"],
        input=Input(**given["input"]),
        threshold=None if threshold is None else float(threshold),
        threshold_source=given.get("threshold_source") or "unknown",
        licence=given["licence"].strip(),
        sha256=model_sha256 if inset is None else inset.joined(model_sha256),
        origin=given["origin"].strip(),
        quality=quality,
        qualities=qualities,
        normalisation=None if normalisation is None else Normalisation(**normalisation),
    )
    return NetworkCard(
        card=card,
        mean=tuple(map(float, given["mean"])),
        std=tuple(map(float, given["std"])),
        views=tuple(given.get("views", ["plain"])),
        inset=inset,
        model_sha256=model_sha256,
        published=_published(given.get("published")),
    )


def _inset(given: dict[str, Any] | None) -> Inset | None:
    if given is None:
        return None
    return Inset(given["side"], float(given["certainty"]), float(given["most"]), given["sha256"])


def _published(given: dict[str, Any] | None) -> Published | None:
    if given is None:
        return None
    address = given.get("address") or ""
    return Published(
        address=address,
        file=given.get("file") or address.rpartition("/")[2],
        page=given["page"],
        form=given["form"],
        network=given.get("network") or "",
    )
