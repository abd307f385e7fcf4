"""Makes the picture files of a benchmark, a batch at a time; runs in worker processes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image

from copytrace.edits import MIXES, Album, Supplies, draw_query, find_edit, replay
from copytrace.edits.parameters import Photo, Photos
from copytrace.errors import EditError
from copytrace.files import whole_file
from copytrace.images import ImageFile, load_image
from copytrace.pipelines.benchmark_recipe import Origin, Query, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from copytrace.edits import Recipe
    from copytrace.pipelines.benchmark_recipe import Kept
    from copytrace.records import ByteArray

PARTS = ".parts"
"""The folder in a benchmark that remembers what is done; gone when all is."""

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
    """References or training images to write.

    Attributes:
        pictures: the file to write, and the photograph it is written from.
        longest_side: a larger photograph is made smaller.
        part: the file that says that the batch is done.
    """

    pictures: Sequence[tuple[Path, ImageFile]]
    longest_side: int
    part: Path

    @property
    def size(self) -> int:
        """The number of pictures."""
        return len(self.pictures)


@dataclass(frozen=True)
class QueryBatch:
    """Queries to make.

    Attributes:
        queries: the file to write, what it is made from or the whole query, and the photograph.
        donors: the other photographs that may be pasted in, or that the recipes name.
        settings: what recipes are drawn by.
        part: the file that keeps the queries' lines.
    """

    queries: Sequence[tuple[Path, Origin | Query, ImageFile]]
    donors: Mapping[str, ImageFile]
    settings: Settings
    part: Path

    @property
    def size(self) -> int:
        """The number of queries."""
        return len(self.queries)


def kept_batches(
    kept: Sequence[Kept], photos: Mapping[str, ImageFile], folder: Path, longest_side: int
) -> Iterator[KeptBatch]:
    """Cut the references and training images into batches."""
    places = {"reference": folder / "references", "train": folder / "train"}
    for start in range(0, len(kept), BATCH):
        batch = kept[start : start + BATCH]
        pictures = [(places[picture.role] / f"{picture.id}.jpg", photos[picture.source]) for picture in batch]
        yield KeptBatch(pictures, longest_side, folder / PARTS / f"kept-{_digest(batch, longest_side)}.done")


def query_batches(
    queries: Sequence[Origin] | Sequence[Query],
    photos: Mapping[str, ImageFile],
    donors: Sequence[str],
    folder: Path,
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
            files.append((folder / "queries" / f"{origin.id}.jpg", query, photos[origin.source]))
        part = folder / PARTS / f"queries-{_digest(batch, names, settings)}.json"
        yield QueryBatch(files, {name: photos[name] for name in names}, settings, part)


def donors_of(recipe: Recipe) -> Iterator[str]:
    """The IDs of the other photographs that a recipe names."""
    for step in recipe.steps:
        for parameter in find_edit(step.edit).parameters:
            value = step.params[parameter.name]
            if isinstance(parameter, Photo) and isinstance(value, str):
                yield value
            if isinstance(parameter, Photos) and isinstance(value, list):
                yield from (str(name) for name in value)


def write_kept(batch: KeptBatch) -> Path:
    """Write a batch of references or training images."""
    for path, photo in batch.pictures:
        picture = load_image(photo, smallest_side=batch.longest_side)
        picture.thumbnail((batch.longest_side, batch.longest_side), Image.Resampling.BICUBIC)
        _save(picture, path, KEPT_QUALITY)
    return _finish(batch.part, [])


def write_queries(batch: QueryBatch) -> Path:
    """Make a batch of queries, drawing the recipes that are not given, and keep their lines."""
    # The processes share the cores already; OpenCV's own threads would only be in their way.
    cv2.setNumThreads(1)
    supplies = Supplies(photos=Album(tuple(batch.donors), partial(_donor, batch.donors)))
    made = []
    for path, wanted, photo in batch.queries:
        if isinstance(wanted, Query):
            query, pixels = wanted, replay(load_image(photo), wanted.recipe, supplies).image
        else:
            query, pixels = _drawn(wanted, photo, supplies, batch.settings)
        _save(Image.fromarray(pixels), path, query.quality)
        made.append(query.to_json())
    return _finish(batch.part, made)


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


def _save(picture: Image.Image, path: Path, quality: int) -> None:
    with whole_file(path) as temporary:
        picture.save(temporary, "JPEG", quality=quality)


def _finish(part: Path, lines: Sequence[dict[str, Any]]) -> Path:
    with whole_file(part) as temporary:
        temporary.write_text(json.dumps(lines))
    return part


def _digest(*values: object) -> str:
    """A name that stands for what a batch is made from."""
    return hashlib.sha256(repr(values).encode(errors="surrogateescape")).hexdigest()[:32]
