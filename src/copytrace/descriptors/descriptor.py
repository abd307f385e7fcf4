"""The interface that turns images into vectors, and the card that says what the vectors mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.descriptors.background import Background, Normalisation
    from copytrace.images import Input
    from copytrace.records import ByteArray, Float32Array

DEFAULT_QUALITY = "default"


@dataclass(frozen=True)
class Card:
    """What a user should know about a descriptor before trusting its matches.

    Attributes:
        name: how the command line calls it.
        summary: one line on what it is.
        dims: dimensions of its vectors. More than 256 (255 with a score normalisation) have to be projected to
            fewer before they make a descriptor set: see `Background`.
        input: the picture it wants.
        threshold: squared Euclidean distance up to which a pair is called a likely copy; None if none is known.
        threshold_source: where that number comes from.
        licence: of the code or weights that make the vectors.
        sha256: digest of the model's file, or of all its files where there are several; empty where code alone
            defines it.
        extra: the extra of copytrace that it needs; empty if none.
        module: the module that the extra brings.
        origin: who made it and from what; empty where copytrace's own code is all of it.
        quality: which of its qualities the card is of; vectors of different qualities cannot be compared.
        qualities: all that it has.
        normalisation: how a background of its vectors is used; None where nothing was fitted.
        teaches: whether its terms allow to train another model from its vectors.
    """

    name: str
    summary: str
    dims: int
    input: Input
    threshold: float | None
    threshold_source: str
    licence: str
    sha256: str = ""
    extra: str = ""
    module: str = ""
    origin: str = ""
    quality: str = DEFAULT_QUALITY
    qualities: tuple[str, ...] = (DEFAULT_QUALITY,)
    normalisation: Normalisation | None = None
    teaches: bool = True

    @property
    def restricted(self) -> bool:
        """Whether the licence allows some uses only: research, say, or what is not commercial."""
        return re.search(r"research|non-?commercial|\bNC\b", self.licence, re.IGNORECASE) is not None

    @property
    def usable(self) -> bool:
        """Whether what it needs is installed here."""
        return not self.module or find_spec(self.module) is not None


class Descriptor(Protocol):
    """Turns pictures into vectors that are compared by Euclidean distance.

    The vector of a picture depends on that picture alone: never on its neighbours in the batch, on the
    size of the batch, or on anything that was described before. The challenge demands it, and
    tests/contracts/test_descriptors.py holds every registered descriptor to it, bit for bit.
    """

    card: Card

    background: Background | None
    """What the scores of its vectors are normalised with, where the descriptor brings it."""

    def describe(self, batch: Sequence[ByteArray]) -> Float32Array:
        """Describe pictures that `card.input` asked for.

        Args:
            batch: n pictures, each (height, width, 3) uint8, or (height, width) where the input is grey.

        Returns:
            (n, d) float32, finite.
        """
