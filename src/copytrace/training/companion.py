"""The network that finds insets, shipped with a trained descriptor."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from copytrace.descriptors.inset import INSET_FILE, Inset
from copytrace.descriptors.onnx import open_inset
from copytrace.errors import InputError
from copytrace.training.inset_network import SIDE
from copytrace.training.views import squashed

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.descriptors.inset import InsetFinder
    from copytrace.records import ByteArray

LICENCE_FILE = "LICENSE-inset"
_DECODED = 160
"""Side of the pictures that parts are cut from, in pixels, so that a part is sharper than at 128."""
_CERTAINTY, _MOST = 0.05, 0.8
"""As chosen on validation; see docs/training-log.md."""


@dataclass(frozen=True)
class Companion:
    """A network that finds insets.

    Attributes:
        path: its file.
        content: content of the file when it was opened; training may replace the file.
        licence: text of a LICENSE next to the file, which must accompany it; None if there is none.
        inset: its description in a card.
        finder: the loaded network.
    """

    path: Path
    content: bytes
    licence: bytes | None
    inset: Inset
    finder: InsetFinder

    @property
    def files(self) -> dict[str, bytes]:
        """The files it adds to a model's folder, by name."""
        return {INSET_FILE: self.content} | ({} if self.licence is None else {LICENCE_FILE: self.licence})

    def part(self, picture: ByteArray) -> ByteArray:
        """The part of a picture of any size to describe: (128, 128, 3), cut out as a model with this companion does."""
        return self.finder.picture(squashed(picture, _DECODED))


def card_fields(inset: Inset) -> dict[str, Any]:
    """The card fields that differ or are added for a model with a companion."""
    return {"input": {"width": _DECODED, "height": _DECODED}, "inset": asdict(inset)}


def inset_of(digest: str) -> Inset:
    """The card's description of an inset.onnx with this digest."""
    return Inset(SIDE, _CERTAINTY, _MOST, digest)


def open_companion(path: Path) -> Companion:
    """Open an inset.onnx.

    Raises:
        InputError: the file does not exist.
        DescriptorError: it is not a network that finds insets.
    """
    try:
        content, licence = path.read_bytes(), path.with_name("LICENSE")
        text = licence.read_bytes() if licence.is_file() else None
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror}. --inset takes an inset.onnx of `copytrace train-inset`, or none."
        ) from error
    inset = inset_of(hashlib.sha256(content).hexdigest())
    return Companion(path, content, text, inset, open_inset(path, inset))


def fits(sides: set[int]) -> bool:
    """Whether a model for pictures of these sides, in pixels, can have a companion."""
    return sides == {SIDE}


def check_companion(companion: Companion, sides: set[int]) -> None:
    """Refuse a companion for a network that describes pictures of other sides, in pixels.

    Raises:
        InputError: the companion takes pictures of another side.
    """
    if not fits(sides):
        raise InputError(
            f"{companion.path}: takes pictures of {SIDE} px, but a model of this recipe describes pictures of "
            f"{' and '.join(map(str, sorted(sides)))} px. Use --inset none, or in the recipe: sizes: [[0.0, {SIDE}]]"
        )
