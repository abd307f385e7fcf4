"""The card of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from copytrace.descriptors.descriptor import Card
    from copytrace.descriptors.inset import Inset

View = Literal["plain", "mirrored"]
VIEWS: tuple[View, ...] = ("plain", "mirrored")

Quality = Literal["fast", "default", "best"]
QUALITIES: tuple[Quality, ...] = ("fast", "default", "best")

Form = Literal["onnx", "torchscript", "state-dict"]
FORMS: tuple[Form, ...] = ("onnx", "torchscript", "state-dict")


@dataclass(frozen=True)
class Published:
    """Where to get the weights of a published model.

    Attributes:
        address: URL of the file; empty if only a browser can download it.
        file: name of the file.
        page: its authors' page.
        form: format of the file; torch converts all but `onnx`.
        network: the network of a state dict, see `convert`; empty otherwise.
    """

    address: str
    file: str
    page: str
    form: Form
    network: str


@dataclass(frozen=True)
class NetworkCard:
    """The card of a network, at one of its qualities.

    Attributes:
        card: what a user should know.
        mean: mean of each channel, for pixels in 0..1; subtracted.
        std: standard deviation of each channel; divided by.
        views: the views of a picture to describe; the vector is the mean of theirs, scaled to length 1.
        inset: the network that finds the part to describe; None if it is always the whole picture.
        model_sha256: digest of the network's file.
        published: where to get the weights, and in what format; None for other weights.
    """

    card: Card
    mean: tuple[float, ...]
    std: tuple[float, ...]
    views: tuple[View, ...]
    inset: Inset | None
    model_sha256: str
    published: Published | None

    @property
    def sides(self) -> tuple[int, int]:
        """Height and width of the network's input, in pixels; 0 if each picture has its own."""
        if self.inset is not None:
            return self.inset.side, self.inset.side
        wanted = self.card.input
        # With `keep`, each picture has its own size, which no fixed size can match.
        return (0, 0) if wanted.resize == "keep" else (wanted.height, wanted.width)
