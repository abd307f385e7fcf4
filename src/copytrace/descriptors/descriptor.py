"""The interface that turns images into vectors, and the card that explains them."""

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
        name: its name on the command line.
        summary: a one-line description.
        dims: dimensions of its vectors. More than 256 (255 with a score normalisation) must be projected to fewer
            before they fit in a descriptor set: see `Background`.
        input: the picture it takes.
        threshold: squared Euclidean distance up to which a pair is called a likely copy; None if unknown.
        threshold_source: origin of the threshold.
        licence: licence of the code or weights.
        sha256: digest of the model's file, or of all its files together; empty if it is code only.
        extra: the copytrace extra it needs; empty if none.
        module: the module that the extra installs.
        origin: who made it and from what; empty if all of it is copytrace's own code.
        quality: quality setting of this card; vectors of different qualities cannot be compared.
        qualities: all its quality settings.
        normalisation: how to use a background of its vectors; None if nothing was fitted.
        teaches: whether its terms allow training another model from its vectors.
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
        """Whether the licence allows some uses only, such as research or non-commercial use."""
        return re.search(r"research|non-?commercial|\bNC\b", self.licence, re.IGNORECASE) is not None

    @property
    def usable(self) -> bool:
        """Whether everything it needs is installed."""
        return not self.module or find_spec(self.module) is not None


class Descriptor(Protocol):
    """Turns pictures into vectors that are compared by Euclidean distance.

    The vector of a picture depends on that picture alone: never on its neighbours in the batch, the size of the batch,
    or anything described before. The challenge requires this, and tests/contracts/test_descriptors.py checks every
    registered descriptor, bit for bit.
    """

    card: Card

    background: Background | None
    """The background that normalises scores, if the descriptor has one."""

    def describe(self, batch: Sequence[ByteArray]) -> Float32Array:
        """Describe pictures in the form of `card.input`.

        Args:
            batch: n pictures, each (height, width, 3) uint8, or (height, width) if the input is grey.

        Returns:
            (n, d) float32, finite.
        """
