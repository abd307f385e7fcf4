"""PDQ, the perceptual hash of the ThreatExchange project, as a vector.

Source: Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.descriptors.descriptor import Card
from copytrace.errors import MissingDependencyError
from copytrace.extras import how_to_install
from copytrace.images import Input

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.descriptors.background import Background
    from copytrace.records import ByteArray, Float32Array

HASH_BITS = 256
MATCHING_BITS = 31
"""PDQ's own operating point: two images match if at most this many bits differ."""

CARD = Card(
    name="pdq",
    summary="PDQ perceptual hash, 256 bits; finds re-encoded and resized copies, few others",
    dims=HASH_BITS,
    # The reference implementation scales larger images to 512 x 512 and hashes smaller ones as they are.
    input=Input(512, 512, enlarge=False),
    threshold=4.0 * MATCHING_BITS,
    threshold_source=f"PDQ's own: at most {MATCHING_BITS} of {HASH_BITS} bits differ",
    licence="BSD-3-Clause (pdqhash)",
    extra="pdq",
    module="pdqhash",
)


class Pdq:
    """The 256 bits of PDQ as a vector of -1 and +1.

    Where two bits differ, the coordinates differ by 2, so the squared Euclidean distance of two vectors is 4 times the
    Hamming distance of their hashes.

    Raises:
        MissingDependencyError: the extra `pdq` is not installed.
    """

    card = CARD
    background: Background | None = None

    def __init__(self) -> None:
        try:
            import pdqhash
        except ImportError as error:
            raise MissingDependencyError(
                "The descriptor 'pdq' needs the library pdqhash, which is built from source (g++ and the "
                f"Python headers: apt-get install g++ python3-dev). Install it {how_to_install('pdq')}"
            ) from error
        self._compute = pdqhash.compute

    def describe(self, batch: Sequence[ByteArray]) -> Float32Array:
        """Hash each picture: n of (height, width, 3) uint8 to (n, 256) float32 of -1 and +1."""
        vectors = np.empty((len(batch), HASH_BITS), np.float32)
        for vector, picture in zip(vectors, batch, strict=True):
            bits, _quality = self._compute(picture)
            vector[:] = bits
        return vectors * 2 - 1
