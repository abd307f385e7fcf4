"""Turns the pictures to look up, from files or memory, into vectors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from copytrace.images import load_input, memory_image

if TYPE_CHECKING:
    from copytrace.descriptors import Model
    from copytrace.images import ImageFile, Picture
    from copytrace.pipelines.chunks import Chunk, Part
    from copytrace.records import Float32Array


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
        InputError: it is not a picture.
    """
    image = memory_image(picture)
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
