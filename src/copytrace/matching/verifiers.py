"""The verifier interface, and all verifiers.

To add one, write its parts and add it to `VERIFIERS`; the contract tests pick it up.
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
    """Compares pictures by features, which are extracted once per picture and can be cached.

    The same pictures always give the same evidence, whatever was compared before. Any picture has features, even if
    it has no points. Verifiers can be pickled.
    """

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def layout(self) -> str:
        """Changes whenever `pack` writes or `extract` finds something different."""

    def extract(self, picture: ByteArray, *, both: bool = False) -> Features:
        """The features of a picture, (h, w, 3) uint8 RGB, upright; `both`: also of its mirror image, for a query."""

    def pack(self, features: Features) -> bytes:
        """Features as bytes."""

    def unpack(self, data: bytes) -> Features:
        """Read what `pack` wrote.

        Raises:
            InputError: the bytes have another layout, or are damaged.
        """

    def verify(self, query: Subject, reference: Subject) -> Evidence | None:
        """Compare two pictures; None if there is no mapping between them."""


@dataclass(frozen=True)
class PointVerifier:
    """SIFT points, learned points, and the agreement of the overlap; see `Verifier`."""

    name: str = "points"
    layout: str = f"points/{packing.LAYOUT}"

    def extract(self, picture: ByteArray, *, both: bool = False) -> Features:
        """See `features.extract`."""
        return features.extract(picture, both=both)

    def pack(self, features: Features) -> bytes:
        """See `packing.pack`."""
        return packing.pack(features)

    def unpack(self, data: bytes) -> Features:
        """See `packing.unpack`."""
        return packing.unpack(data)

    def verify(self, query: Subject, reference: Subject) -> Evidence | None:
        """See `verifier.verify`."""
        return verifier.verify(query, reference)


VERIFIERS: tuple[Verifier, ...] = (PointVerifier(),)
"""All verifiers; `find` uses the first."""
