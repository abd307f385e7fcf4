"""Turns the pictures to look up, from files or memory, into vectors."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from copytrace.errors import InputError
from copytrace.images import ImageFile, MemoryImage, load_input
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
    """A picture or vector to look up.

    Attributes:
        name: its name for people.
        sha256: digest of the file's bytes; None if there is no file.
        vector: (d,) float32.
        bias: its score normalisation, if the model has one.
        image: the picture; None for a vector.
    """

    name: str
    sha256: str | None
    vector: Float32Array
    bias: float | None
    image: ImageFile | None = field(default=None, repr=False)


def describe_picture(picture: Picture, model: Model) -> Query:
    """Describe one picture in this process.

    Raises:
        ImageError: it cannot be read or decoded.
        InputError: it is nothing that can be looked up.
    """
    image = _in_memory(picture)
    vectors, bias = model.describe([load_input(image, model.card.input)])
    digest = None if isinstance(picture, Image.Image | np.ndarray) else image.sha256()
    return Query(image.name, digest, vectors[0], None if bias is None else float(bias[0]), image)


def queries_of(chunk: Chunk, part: Part) -> list[Query]:
    """The images of a chunk that could be described."""
    images = {image.id: image for image in chunk.images}
    biases = [None] * len(part.ids) if part.bias is None else part.bias.tolist()
    columns = zip(part.ids, part.content_sha256, part.vectors, biases, strict=True)
    return [
        Query(images[image_id].name, digest, vector, bias, images[image_id])
        for image_id, digest, vector, bias in columns
    ]


def _in_memory(picture: Picture) -> MemoryImage:
    """A picture as an image whose bytes are read; one without a file becomes a BMP, which is quick to write."""
    if isinstance(picture, np.ndarray):
        return _encoded(_of_array(picture), "array")
    if isinstance(picture, Image.Image):
        return _encoded(picture, "picture")
    if isinstance(picture, bytes):
        return MemoryImage("bytes", "bytes", "bytes", data=picture)
    file = ImageFile(Path(picture).stem, str(picture), Path(picture).name)
    return MemoryImage(file.id, file.path, file.relative, data=file.read_bytes())


def _encoded(picture: Image.Image, name: str) -> MemoryImage:
    content = BytesIO()
    to_rgb(picture).save(content, "BMP")
    return MemoryImage(name, name, name, data=content.getvalue())


def _of_array(array: npt.NDArray[Any]) -> Image.Image:
    grey_or_rgb = array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3)  # noqa: PLR2004 - axes and channels
    if array.dtype != np.uint8 or not grey_or_rgb or 0 in array.shape:
        raise InputError(
            f"The array is {array.shape} {array.dtype}; expected (height, width, 3) RGB or (height, width) grey, uint8."
        )
    return Image.fromarray(array)
