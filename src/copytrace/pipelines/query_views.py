"""Describes views of queries in chunks on all cores; each finished chunk is a ledger entry."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from copytrace.descriptors import Choice, descriptor_card, kept_model
from copytrace.engines import TwoSteps, do_missing, one_by_one
from copytrace.errors import ImageError
from copytrace.images import ImageFile, fit, load_image
from copytrace.pipelines.chunks import fingerprint, maker
from copytrace.pipelines.on_device import engine_for
from copytrace.pipelines.views import DECODED_SIDE, View, shrunk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from copytrace.engines import Engine, Ledger, WorkerDiedError
    from copytrace.pipelines.pictures import PictureRows
    from copytrace.progress import Progress
    from copytrace.records import ByteArray, IndexArray
    from copytrace.vectors import Vectors

CHUNK_QUERIES = 16
"""Queries per chunk: the most that must be repeated if a worker is killed."""


@dataclass(frozen=True)
class ViewChunk:
    """Some queries, with the model that describes their views.

    Attributes:
        queries: the row of each query, and its picture.
        views: the views of each to describe.
        choice: the model.
        key: identifies all of this in a ledger.
        size: number of queries that the chunk completes, including those without a picture.
    """

    queries: Sequence[tuple[int, ImageFile]]
    views: Sequence[View]
    choice: Choice
    key: str
    size: int


@dataclass(frozen=True)
class ViewVectors:
    """The vectors of k views.

    Attributes:
        query: (k,) int64, the row of each view's query.
        vectors: (k, d) float32, in the role of queries; see `query_vectors`. Large ones are read by slices.
    """

    query: IndexArray
    vectors: Vectors

    def __len__(self) -> int:
        return len(self.query)


def describe_views(
    pictures: PictureRows,
    choice: Choice,
    views: Sequence[View],
    *,
    engine: Engine,
    ledger: Ledger,
    progress: Progress,
) -> Iterator[ViewVectors]:
    """Describe views of queries.

    Args:
        pictures: pictures of the queries. One that cannot be read has no views.
        choice: the model that described the queries.
        views: the views of each picture to describe.
        engine: runs the chunks.
        ledger: keeps finished chunks, so that an interrupted run resumes.
        progress: reports progress.

    Returns:
        The vectors in batches, in ascending order of the queries' rows.

    Raises:
        DescriptorError: the model cannot be loaded.
    """
    keys: list[str] = []
    found = 0

    def chunks() -> Iterator[ViewChunk]:
        nonlocal found
        for chunk in _split(pictures, choice, views):
            keys.append(chunk.key)
            found += len(chunk.queries)
            yield chunk

    engine = engine_for(choice, engine)
    on_death = one_by_one(engine, describe_view_chunk, split=_queries, join=_joined, fail=_no_views)
    with progress.task("describe views", len(pictures), "queries") as bar:
        do_missing(
            chunks(), describe_view_chunk, _packed, engine=engine, ledger=ledger, bar=bar, on_death=on_death
        )
    if not found:
        progress.note("Searched whole pictures only: the queries' pictures cannot be found.")
    return (_unpacked(ledger.read(key)) for key in keys)


def gathered(views: Iterable[ViewVectors], least: int) -> Iterator[ViewVectors]:
    """The same vectors in batches of at least `least`, except for the last."""
    held: list[ViewVectors] = []
    for each in views:
        held.append(each)
        if sum(map(len, held)) >= least:
            yield _joined(held)
            held = []
    if any(map(len, held)):
        yield _joined(held)


def _decode(chunk: ViewChunk) -> tuple[Choice, list[int], list[ByteArray]]:
    """The views of the queries in the model's input format, and the row of each."""
    wanted = descriptor_card(chunk.choice.model, chunk.choice.quality).input
    rows: list[int] = []
    looks: list[ByteArray] = []
    for row, file in chunk.queries:
        try:
            picture = shrunk(load_image(file, smallest_side=DECODED_SIDE))
        except ImageError:
            continue
        parts = [part for view in chunk.views for part in view.parts(picture)]
        looks.extend(fit(part, wanted) for part in parts)
        rows.extend([row] * len(parts))
    return chunk.choice, rows, looks


def _describe(decoded: tuple[Choice, list[int], list[ByteArray]]) -> ViewVectors:
    choice, rows, looks = decoded
    vectors, bias = kept_model(choice).describe(looks)
    return ViewVectors(
        np.array(rows, np.int64), vectors if bias is None else np.column_stack((vectors, np.sqrt(bias)))
    )


describe_view_chunk = TwoSteps(_decode, _describe)
"""Describes the views of a chunk of queries; see `describe_chunk`."""


def _queries(chunk: ViewChunk) -> list[ViewChunk]:
    return [replace(chunk, queries=[query]) for query in chunk.queries]


def _no_views(chunk: ViewChunk, _: WorkerDiedError) -> ViewVectors:
    return describe_view_chunk(replace(chunk, queries=[]))


def _split(pictures: PictureRows, choice: Choice, views: Sequence[View]) -> Iterator[ViewChunk]:
    """All queries in chunks, in order."""
    made_by = maker(kept_model(choice))
    for start in range(0, len(pictures), CHUNK_QUERIES):
        rows = range(start, min(start + CHUNK_QUERIES, len(pictures)))
        queries = [(row, file) for row in rows if (file := pictures.file(row)) is not None]
        digest = hashlib.sha256(f"{made_by}{[view.name for view in views]}".encode())
        for row, file in queries:
            digest.update(f"\0{row}\0{fingerprint(file)}".encode())
        yield ViewChunk(queries, views, choice, digest.hexdigest()[:32], len(rows))


def _joined(parts: Sequence[ViewVectors]) -> ViewVectors:
    if len(parts) == 1:
        return parts[0]
    query = np.concatenate([part.query for part in parts])
    return ViewVectors(query, np.concatenate([part.vectors[: len(part)] for part in parts]))


def _packed(found: ViewVectors) -> bytes:
    entry = io.BytesIO()
    np.savez(entry, query=found.query, vectors=found.vectors[: len(found)])
    return entry.getvalue()


def _unpacked(entry: bytes) -> ViewVectors:
    with np.load(io.BytesIO(entry), allow_pickle=False) as arrays:
        return ViewVectors(arrays["query"], arrays["vectors"])
