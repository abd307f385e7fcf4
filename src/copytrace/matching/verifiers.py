"""What a verifier is, and which there are.

To add a verifier: write its parts, add it to `VERIFIERS`, and the contract tests pick it up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from copytrace.matching import features, packing, verifier

if TYPE_CHECKING:
    from copytrace.matching.features import Features
    from copytrace.matching.verifier import Evidence, Subject
    from copytrace.records import ByteArray


class Verifier(Protocol):
    """Compares pictures by features, which are found once for each picture and can be kept.

    The same pictures always give the same evidence, whatever was compared before. Any picture has features, if
    without a point. Verifiers can be pickled.
    """

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def layout(self) -> str:
        """Changes with whatever `pack` writes or `extract` finds."""

    def extract(self, picture: ByteArray) -> Features:
        """The features of a picture, (h, w, 3) uint8 RGB, upright."""

    def pack(self, features: Features) -> bytes:
        """Features as bytes."""

    def unpack(self, data: bytes) -> Features:
        """Take back what `pack` wrote.

        Raises:
            InputError: the bytes are of another layout, or damaged.
        """

    def verify(self, query: Subject, reference: Subject) -> Evidence | None:
        """Compare two pictures; None where no mapping of one to the other is found."""


@dataclass(frozen=True)
class SiftVerifier:
    """SIFT points, and the agreement of the overlap; see `Verifier`."""

    name: str = "sift"
    layout: str = f"sift/{packing.LAYOUT}"

    def extract(self, picture: ByteArray) -> Features:
        """See `features.extract`."""
        return features.extract(picture)

    def pack(self, features: Features) -> bytes:
        """See `packing.pack`."""
        return packing.pack(features)

    def unpack(self, data: bytes) -> Features:
        """See `packing.unpack`."""
        return packing.unpack(data)

    def verify(self, query: Subject, reference: Subject) -> Evidence | None:
        """See `verifier.verify`."""
        return verifier.verify(query, reference)


VERIFIERS: tuple[Verifier, ...] = (SiftVerifier(),)
"""All verifiers; `find` uses the first."""
