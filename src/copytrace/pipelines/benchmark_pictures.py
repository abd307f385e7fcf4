"""Makes the picture files of a benchmark, a batch at a time; runs in worker processes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image

from copytrace.edits import Album, Supplies, find_edit, replay, visible
from copytrace.edits.parameters import Photo, Photos
from copytrace.files import whole_file
from copytrace.images import ImageFile, load_image

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from copytrace.edits import Recipe
    from copytrace.pipelines.benchmark_recipe import Kept, Query
    from copytrace.records import ByteArray

BATCH = 32
"""Pictures in a batch: what a killed worker has to repeat at most."""

KEPT_QUALITY = 90
"""JPEG quality of references and training images."""


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
        queries: the file to write, the query, and the photograph it is made from.
        donors: the other photographs that the recipes name.
        part: the file that keeps what was seen while they were made: the visible shares, by query.
    """

    queries: Sequence[tuple[Path, Query, ImageFile]]
    donors: Mapping[str, ImageFile]
    part: Path

    @property
    def size(self) -> int:
        """The number of queries."""
        return len(self.queries)


def kept_batches(
    kept: Sequence[Kept], photos: Mapping[str, ImageFile], folder: Path, parts: Path, longest_side: int
) -> Iterator[KeptBatch]:
    """Cut the references and training images into batches."""
    places = {"reference": folder / "references", "train": folder / "train"}
    for start in range(0, len(kept), BATCH):
        batch = kept[start : start + BATCH]
        pictures = [(places[picture.role] / f"{picture.id}.jpg", photos[picture.source]) for picture in batch]
        yield KeptBatch(pictures, longest_side, parts / f"kept-{_digest(batch, longest_side)}.done")


def query_batches(
    queries: Sequence[Query], photos: Mapping[str, ImageFile], folder: Path, parts: Path
) -> Iterator[QueryBatch]:
    """Cut the queries into batches; each carries only the donors that its recipes name."""
    for start in range(0, len(queries), BATCH):
        batch = queries[start : start + BATCH]
        donors = {name: photos[name] for query in batch for name in donors_of(query.recipe)}
        files = [(folder / "queries" / f"{query.id}.jpg", query, photos[query.source]) for query in batch]
        yield QueryBatch(
            files, donors, parts / f"queries-{_digest([query.to_json() for query in batch])}.json"
        )


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
    return _finish(batch.part, {})


def write_queries(batch: QueryBatch) -> Path:
    """Make a batch of queries, and keep how much of each can be seen."""
    # The processes share the cores already; OpenCV's own threads would only be in their way.
    cv2.setNumThreads(1)
    supplies = Supplies(photos=Album(tuple(batch.donors), partial(_donor, batch.donors)))
    seen = {}
    for path, query, photo in batch.queries:
        made = replay(load_image(photo), query.recipe, supplies)
        _save(Image.fromarray(made.image), path, query.quality)
        seen[query.id] = asdict(visible(made.mapping)) if query.reference is not None else {}
    return _finish(batch.part, seen)


def _donor(donors: Mapping[str, ImageFile], name: str) -> ByteArray:
    return np.asarray(load_image(donors[name]))


def _save(picture: Image.Image, path: Path, quality: int) -> None:
    with whole_file(path) as temporary:
        picture.save(temporary, "JPEG", quality=quality)


def _finish(part: Path, seen: Mapping[str, Any]) -> Path:
    with whole_file(part) as temporary:
        temporary.write_text(json.dumps(seen))
    return part


def _digest(*values: object) -> str:
    """A name that stands for what a batch is made from."""
    return hashlib.sha256(repr(values).encode(errors="surrogateescape")).hexdigest()[:32]
