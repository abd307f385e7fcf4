"""Makes the pictures of a benchmark batch by batch; runs in worker processes, and writes nothing."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image

from copytrace.edits import MIXES, Album, Supplies, draw_query, find_edit, replay
from copytrace.edits.parameters import Photo, Photos
from copytrace.errors import EditError
from copytrace.images import ImageFile, load_image
from copytrace.pipelines.benchmark_recipe import Origin, Query, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from copytrace.edits import Recipe
    from copytrace.pipelines.benchmark_recipe import Kept
    from copytrace.records import ByteArray

BATCH = 32
"""Pictures per batch: the most that must be repeated if a worker is killed."""

KEPT_QUALITY = 90
"""JPEG quality of references and training images."""

QUALITIES = (40, 95)
"""JPEG qualities of queries, drawn uniformly."""

DONORS_A_BATCH = 64
"""The number of donors whose pictures a batch may paste in."""

# Streams of random numbers derived from the benchmark's seed; each number is a separate stream.
DONORS, QUERIES = 1, 2


@dataclass(frozen=True)
class KeptBatch:
    """References or training images to make.

    Attributes:
        pictures: the path of each in the benchmark, and its photograph.
        longest_side: larger photographs are scaled down to this.
        key: identifies the batch in a ledger.
    """

    pictures: Sequence[tuple[str, ImageFile]]
    longest_side: int
    key: str

    @property
    def size(self) -> int:
        """The number of pictures."""
        return len(self.pictures)


@dataclass(frozen=True)
class QueryBatch:
    """Queries to make.

    Attributes:
        queries: for each, its path in the benchmark, its origin or the whole query, and its photograph.
        donors: other photographs that may be pasted in, or that the recipes name.
        settings: settings for drawing recipes.
        key: identifies the batch in a ledger.
    """

    queries: Sequence[tuple[str, Origin | Query, ImageFile]]
    donors: Mapping[str, ImageFile]
    settings: Settings
    key: str

    @property
    def size(self) -> int:
        """The number of queries."""
        return len(self.queries)


@dataclass(frozen=True)
class Made:
    """The result of a batch.

    Attributes:
        pictures: the path of each in the benchmark, and its JPEG file.
        lines: the queries as JSON, in the same order; empty for references and training images.
    """

    pictures: Sequence[tuple[str, bytes]]
    lines: Sequence[dict[str, Any]] = ()


def kept_batches(
    kept: Sequence[Kept], photos: Mapping[str, ImageFile], longest_side: int
) -> Iterator[KeptBatch]:
    """Split the references and training images into batches."""
    places = {"reference": "references", "train": "train"}
    for start in range(0, len(kept), BATCH):
        batch = kept[start : start + BATCH]
        pictures = [(f"{places[picture.role]}/{picture.id}.jpg", photos[picture.source]) for picture in batch]
        yield KeptBatch(pictures, longest_side, f"kept-{_digest(batch, longest_side)}")


def query_batches(
    queries: Sequence[Origin] | Sequence[Query],
    photos: Mapping[str, ImageFile],
    donors: Sequence[str],
    settings: Settings,
) -> Iterator[QueryBatch]:
    """Split the queries into batches; each includes a few of the donors, or those that its recipes name."""
    for start in range(0, len(queries), BATCH):
        batch = queries[start : start + BATCH]
        rng = np.random.default_rng([settings.seed, DONORS, start])
        few = rng.permutation(len(donors))[:DONORS_A_BATCH].tolist()
        names = [donors[row] for row in few]
        names += [name for query in batch if isinstance(query, Query) for name in donors_of(query.recipe)]
        files = []
        for query in batch:
            origin = query if isinstance(query, Origin) else query.origin
            files.append((f"queries/{origin.id}.jpg", query, photos[origin.source]))
        key = f"queries-{_digest(batch, names, settings)}"
        yield QueryBatch(files, {name: photos[name] for name in names}, settings, key)


def donors_of(recipe: Recipe) -> Iterator[str]:
    """The IDs of the other photographs that a recipe names."""
    for step in recipe.steps:
        for parameter in find_edit(step.edit).parameters:
            value = step.params[parameter.name]
            if isinstance(parameter, Photo) and isinstance(value, str):
                yield value
            if isinstance(parameter, Photos) and isinstance(value, list):
                yield from (str(name) for name in value)


def make_kept(batch: KeptBatch) -> Made:
    """Make a batch of references or training images."""
    made = []
    for path, photo in batch.pictures:
        picture = load_image(photo, smallest_side=batch.longest_side)
        picture.thumbnail((batch.longest_side, batch.longest_side), Image.Resampling.BICUBIC)
        made.append((path, _jpeg(picture, KEPT_QUALITY)))
    return Made(made)


def make_queries(batch: QueryBatch) -> Made:
    """Make a batch of queries, and draw missing recipes."""
    # The processes already share the cores; OpenCV's own threads would only slow them down.
    cv2.setNumThreads(1)
    supplies = Supplies(photos=Album(tuple(batch.donors), partial(_donor, batch.donors)))
    pictures, lines = [], []
    for path, wanted, photo in batch.queries:
        if isinstance(wanted, Query):
            query, pixels = wanted, replay(load_image(photo), wanted.recipe, supplies).image
        else:
            query, pixels = _drawn(wanted, photo, supplies, batch.settings)
        pictures.append((path, _jpeg(Image.fromarray(pixels), query.quality)))
        lines.append(query.to_json())
    return Made(pictures, lines)


def _drawn(
    origin: Origin, photo: ImageFile, supplies: Supplies, settings: Settings
) -> tuple[Query, ByteArray]:
    """Draw a query with its own random generator, so that queries do not depend on each other."""
    rng = np.random.default_rng([settings.seed, QUERIES, *origin.id.encode()])
    try:
        drawn = draw_query(
            load_image(photo),
            rng,
            mixes=[mix for mix in MIXES if mix.name in settings.mixes],
            held_out=settings.held_out,
            supplies=supplies,
            longest_side=settings.longest_side,
        )
    except EditError as error:
        raise EditError(f"{photo.name}: {error}") from error
    quality = int(rng.integers(QUALITIES[0], QUALITIES[1] + 1))
    return Query(origin, drawn.recipe, quality, drawn.visible if origin.reference else None), drawn.image


def _donor(donors: Mapping[str, ImageFile], name: str) -> ByteArray:
    return np.asarray(load_image(donors[name]))


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _digest(*values: object) -> str:
    """A name that identifies the input of a batch."""
    return hashlib.sha256(repr(values).encode(errors="surrogateescape")).hexdigest()[:32]
