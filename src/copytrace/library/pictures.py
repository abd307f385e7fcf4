"""What a library is asked about: pictures in files and in memory, as vectors."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from copytrace.errors import InputError
from copytrace.images import ImageFile, decode_image, fit
from copytrace.images.colour import to_rgb

if TYPE_CHECKING:
    import numpy.typing as npt

    from copytrace.descriptors import Model
    from copytrace.pipelines.chunks import Chunk, Part
    from copytrace.records import Float32Array

Picture = Path | str | bytes | Image.Image | np.ndarray[Any, Any]
"""A file, the bytes of one, a PIL image, or an array: (h, w, 3) RGB or (h, w) grey, uint8."""


@dataclass(frozen=True)
class Query:
    """What is looked up.

    Attributes:
        name: what a person calls it.
        sha256: digest of the file's bytes; None where there is no file.
        vector: (d,) float32.
        bias: its score normalisation, where the model brings one.
    """

    name: str
    sha256: str | None
    vector: Float32Array
    bias: float | None

    @property
    def addend(self) -> float:
        """What the bias adds to each distance: a query's vector is followed by its root, see `vectors.roles`."""
        return 0.0 if self.bias is None else float(np.sqrt(np.float32(self.bias))) ** 2


def describe_picture(picture: Picture, model: Model) -> Query:
    """Describe one picture in this process.

    Raises:
        ImageError: it cannot be read or decoded.
        InputError: it is nothing that can be looked up.
    """
    name, digest, image = _opened(picture, model)
    vectors, bias = model.describe([fit(image, model.card.input)])
    return Query(name, digest, vectors[0], None if bias is None else float(bias[0]))


def queries_of(chunk: Chunk, part: Part) -> list[Query]:
    """The images of a chunk that could be described."""
    names = {image.id: image.name for image in chunk.images}
    biases = [None] * len(part.ids) if part.bias is None else part.bias.tolist()
    columns = zip(part.ids, part.content_sha256, part.vectors, biases, strict=True)
    return [Query(names[image_id], digest, vector, bias) for image_id, digest, vector, bias in columns]


def _opened(picture: Picture, model: Model) -> tuple[str, str | None, Image.Image]:
    """What a picture is called, the digest of its bytes, and the picture in RGB."""
    if isinstance(picture, Image.Image):
        return "picture", None, to_rgb(picture)
    if isinstance(picture, np.ndarray):
        return "array", None, to_rgb(_of_array(picture))
    if isinstance(picture, bytes):
        name, data = "bytes", picture
    else:
        name = str(picture)
        data = ImageFile(Path(name).stem, name, Path(name).name).read_bytes()
    wanted = model.card.input
    smallest = None if wanted.exact else max(wanted.width, wanted.height, wanted.short_side)
    return name, hashlib.sha256(data).hexdigest(), decode_image(data, name, smallest_side=smallest)


def _of_array(array: npt.NDArray[Any]) -> Image.Image:
    grey_or_rgb = array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3)  # noqa: PLR2004 - axes and channels
    if array.dtype != np.uint8 or not grey_or_rgb or 0 in array.shape:
        raise InputError(
            f"The array is {array.shape} {array.dtype}; expected (height, width, 3) RGB or (height, width) grey, uint8."
        )
    return Image.fromarray(array)
