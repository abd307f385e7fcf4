"""The interface that turns images into vectors, and the card that says what the vectors mean."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.records import ByteArray, Float32Array


@dataclass(frozen=True)
class Input:
    """The picture that a descriptor wants to be given.

    Attributes:
        width: pixels; the picture is squashed to this size whatever its shape.
        height: pixels.
        grey: one channel (luma) in place of RGB.
        enlarge: whether a smaller picture is enlarged; otherwise one that fits is left as it is.
    """

    width: int
    height: int
    grey: bool = False
    enlarge: bool = True


@dataclass(frozen=True)
class Card:
    """What a user should know about a descriptor before trusting its matches.

    Attributes:
        name: how the command line calls it.
        summary: one line on what it is.
        dims: dimensions of its vectors, at most 256.
        input: the picture it wants.
        threshold: squared Euclidean distance up to which a pair is called a likely copy.
        threshold_source: where that number comes from.
        licence: of the code or weights that make the vectors.
        sha256: digest of the model's file; empty where code alone defines it.
        extra: the extra of copytrace that it needs; empty if none.
        module: the module that the extra brings.
    """

    name: str
    summary: str
    dims: int
    input: Input
    threshold: float
    threshold_source: str
    licence: str
    sha256: str = ""
    extra: str = ""
    module: str = ""

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

    def describe(self, batch: Sequence[ByteArray]) -> Float32Array:
        """Describe pictures that `card.input` asked for.

        Args:
            batch: n pictures, each (height, width, 3) uint8, or (height, width) where the input is grey.

        Returns:
            (n, d) float32, finite.
        """
