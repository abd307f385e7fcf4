"""Finds further pairs to examine: references that share details with a query, by the votes of its local features."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import numpy as np

from copytrace.errors import ImageError
from copytrace.matching import VoteIndex, extract
from copytrace.pipelines.candidates import best_pairs
from copytrace.pipelines.keypoints import decoded, features_of
from copytrace.pipelines.map_pictures import map_pictures
from copytrace.records import ClosestPairs
from copytrace.vectors import query_vectors, reference_vectors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copytrace.engines import Engine, WorkerDiedError
    from copytrace.images import ImageFile
    from copytrace.images.read_ahead import ReadImage
    from copytrace.matching import Features, Verifier
    from copytrace.pipelines.keypoints import KnownFeatures
    from copytrace.pipelines.pictures import PictureRows
    from copytrace.pipelines.sides import Sides
    from copytrace.progress import Progress
    from copytrace.records import Float32Array, IndexArray

CHUNK = 16
"""Queries per task."""
USUAL = 30
"""The rank of the reference whose votes are what chance gives."""
STANDS_OUT = 1.5
"""A reference is compared if it has this many times the votes that chance gives."""


@contextmanager
def with_voted(
    candidates: ClosestPairs,
    sides: Sides,
    pictures: tuple[PictureRows, PictureRows],
    verifier: Verifier,
    count: int,
    *,
    engine: Engine,
    progress: Progress,
) -> Iterator[tuple[ClosestPairs, KnownFeatures | None]]:
    """Add the references that queries vote for to their candidates.

    Args:
        candidates: pairs of rows.
        sides: queries and references.
        pictures: those of the queries and of the references.
        verifier: extracts the features.
        count: most references to add per query; 0: none, and no features are extracted.
        engine: reads the pictures.
        progress: reports progress.

    Yields:
        All pairs in order of (distance, query, reference), and the features of all references, if there was a vote.
    """
    if not count:
        yield candidates, None
        return
    queries, references = pictures
    rows = range(len(references))
    with features_of(references, rows, verifier, engine=engine, progress=progress) as features:
        voted = voted_pairs(sides, queries, features, verifier, count, engine=engine, progress=progress)
        yield best_pairs([candidates, *voted], None, None), features


def voted_pairs(
    sides: Sides,
    queries: PictureRows,
    features: KnownFeatures,
    verifier: Verifier,
    count: int,
    *,
    engine: Engine,
    progress: Progress,
) -> list[ClosestPairs]:
    """Find the references that get most votes from a query's points, if they stand out.

    Args:
        sides: queries and references.
        queries: pictures of the queries; one that cannot be read does not vote.
        features: features of all references.
        verifier: unpacks them.
        count: most references per query.
        engine: reads the pictures.
        progress: reports progress.

    Returns:
        Pairs of rows of both sides with the squared distances of their vectors, one record per query, in any order.
    """
    packed = (features.read(row) for row in range(len(sides.reference.descriptors)))
    index = VoteIndex(None if one is None else verifier.unpack(one) for one in packed)
    query, reference = query_vectors(sides.query.descriptors), reference_vectors(sides.reference.descriptors)
    vectors = reference[: reference.shape[0]]
    files = [(row, file) for row in range(len(queries)) if (file := queries.file(row)) is not None]
    found = []
    with (
        progress.task("votes", len(files), "queries") as bar,
        closing(map_pictures(_points, files, fail=_failed, chunk=CHUNK, engine=engine)) as finished,
    ):
        for rows, points in finished:
            for row, seen in zip(rows, points, strict=True):
                if seen is not None:
                    chosen = most_voted(index.votes(seen), count)
                    apart = vectors[chosen].astype(np.float64) - query[row : row + 1]
                    distance = np.square(apart).sum(axis=1)
                    found.append(ClosestPairs(np.full(len(chosen), row), chosen, distance))
            bar.advance(len(rows))
    return found


def most_voted(votes: Float32Array, count: int) -> IndexArray:
    """The references with the most votes that stand out, the best first.

    >>> most_voted(np.array([1, 9, 2, 1, 4], np.float32), 3).tolist()
    [1, 4, 2]
    """
    best = np.argsort(-votes, kind="stable")
    usual = votes[best[min(USUAL, len(best) - 1)]]
    chosen = best[:count]
    return np.asarray(chosen[votes[chosen] >= max(STANDS_OUT * usual, np.finfo(np.float32).tiny)])


def _points(image: ReadImage) -> Features | None:
    """The points of a picture; one that cannot be used is reported when it is compared. Runs in a worker process."""
    try:
        return extract(decoded(image), learned=False)
    except ImageError:
        return None


def _failed(_file: ImageFile, _death: WorkerDiedError) -> None:
    return None
