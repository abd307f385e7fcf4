"""What a card file says of a network."""

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
    """Where the weights of a published model can be had.

    Attributes:
        address: an URL of the file itself; empty where only a browser gets it.
        file: what the file is called.
        page: where its authors describe it.
        form: what the file is; all but `onnx` are converted by torch.
        network: which network a state dict belongs to, see `convert`; empty otherwise.
    """

    address: str
    file: str
    page: str
    form: Form
    network: str


@dataclass(frozen=True)
class NetworkCard:
    """What a card file says of a network, at one of its qualities.

    Attributes:
        card: what a user should know.
        mean: of each channel, of pixels in 0..1; subtracted.
        std: of each channel; divided by.
        views: what is described of a picture; the vector is the mean of theirs, brought back to length 1.
        inset: the network that finds the part to be described; None where the whole picture always is.
        model_sha256: digest of the network's file.
        published: where the weights can be had, and in what form; None for weights that came another way.
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
        """Height and width of what the network is given, in pixels; 0 where each picture has its own."""
        if self.inset is not None:
            return self.inset.side, self.inset.side
        wanted = self.card.input
        # Under `keep` each picture has a size of its own, which no fixed size can be equal to.
        return (0, 0) if wanted.resize == "keep" else (wanted.height, wanted.width)
