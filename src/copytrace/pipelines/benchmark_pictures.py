"""Makes the pictures of a benchmark, a batch at a time; runs in worker processes, and writes nothing."""

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
"""Pictures in a batch: what a killed worker has to repeat at most."""

KEPT_QUALITY = 90
"""JPEG quality of references and training images."""

QUALITIES = (40, 95)
"""JPEG qualities that queries end as, drawn evenly."""

DONORS_A_BATCH = 64
"""How many of the donors a batch may paste in."""

# Streams of random numbers that the benchmark's seed gives; another number is another stream.
DONORS, QUERIES = 1, 2


@dataclass(frozen=True)
class KeptBatch:
    """References or training images to make.

    Attributes:
        pictures: the path of each in the benchmark, and the photograph it is made from.
        longest_side: a larger photograph is made smaller.
        key: stands for the batch in a ledger.
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
        queries: the path of each in the benchmark, what it is made from or the whole query, and the photograph.
        donors: the other photographs that may be pasted in, or that the recipes name.
        settings: what recipes are drawn by.
        key: stands for the batch in a ledger.
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
    """What a batch gives.

    Attributes:
        pictures: the path of each in the benchmark, and its JPEG.
        lines: the queries as JSON, in the same order; none of references and training images.
    """

    pictures: Sequence[tuple[str, bytes]]
    lines: Sequence[dict[str, Any]] = ()


def kept_batches(
    kept: Sequence[Kept], photos: Mapping[str, ImageFile], longest_side: int
) -> Iterator[KeptBatch]:
    """Cut the references and training images into batches."""
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
    """Cut the queries into batches; each takes a few of the donors along, or those that its recipes name."""
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
    """Make a batch of queries, drawing the recipes that are not given."""
    # The processes share the cores already; OpenCV's own threads would only be in their way.
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
    """Draw a query from a generator of its own, so that none depends on another."""
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
    """A name that stands for what a batch is made from."""
    return hashlib.sha256(repr(values).encode(errors="surrogateescape")).hexdigest()[:32]
