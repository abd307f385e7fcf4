"""Compares the pictures of close pairs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from copytrace.pipelines.keypoint_file import open_keypoints
from copytrace.pipelines.keypoints import find_keypoints
from copytrace.pipelines.verify_pairs import Judged, verify_pairs
from copytrace.records import ClosestPairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from copytrace.deduplication.candidates import Neighbourhood
    from copytrace.deduplication.pictures import Album
    from copytrace.engines import Engine, Ledger
    from copytrace.matching import Judgement
    from copytrace.pipelines.verify_pairs import Verification
    from copytrace.progress import Progress


@dataclass(frozen=True, eq=False)
class Compared:
    """Compared pairs.

    Attributes:
        pairs: rows of the worse picture (the query) and of the better one (the reference).
        judged: the judgements.
    """

    pairs: ClosestPairs
    judged: Judged

    def copies(self, threshold: float) -> list[tuple[int, int]]:
        """The pairs of rows with at least this probability of a copy."""
        return [pair for pair, one in self._judged_pairs() if one.probability >= threshold]

    def same_scenes(self, threshold: float) -> list[tuple[int, int]]:
        """The pairs of rows below the threshold that show the same scene."""
        return [
            pair
            for pair, one in self._judged_pairs()
            if one.probability < threshold and one.verdict == "same_scene"
        ]

    def missing(self, pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """The given pairs that were not compared, smaller row first."""
        known = {(min(pair), max(pair)) for pair in self._rows()}
        return sorted({(min(pair), max(pair)) for pair in pairs} - known)

    def joined(self, other: Compared) -> Compared:
        """These pairs and others."""
        first, second, count = self.judged, other.judged, len(self.pairs)
        details = {count + position: one for position, one in second.details.items()}
        return Compared(
            ClosestPairs(
                np.concatenate([self.pairs.query, other.pairs.query]),
                np.concatenate([self.pairs.reference, other.pairs.reference]),
                np.concatenate([self.pairs.distance, other.pairs.distance]),
            ),
            Judged(
                [*first.judgements, *second.judgements],
                first.details | details,
                [*first.failures, *second.failures],
                first.left_out + second.left_out,
            ),
        )

    def position(self, one: int, other: int) -> tuple[int, bool]:
        """The position of a pair, and whether the first of the two rows is its query."""
        is_query = (one, other) in self._positions
        return self._positions[(one, other) if is_query else (other, one)], is_query

    @cached_property
    def _positions(self) -> dict[tuple[int, int], int]:
        return {pair: position for position, pair in enumerate(self._rows())}

    def _rows(self) -> list[tuple[int, int]]:
        return list(zip(self.pairs.query.tolist(), self.pairs.reference.tolist(), strict=True))

    def _judged_pairs(self) -> Iterator[tuple[tuple[int, int], Judgement]]:
        pairs = zip(self._rows(), self.judged.judgements, strict=True)
        return ((pair, one) for pair, one in pairs if one is not None)


def compare(
    distances: Mapping[tuple[int, int], float],
    near: Neighbourhood,
    album: Album,
    how: Verification,
    *,
    engine: Engine,
    ledger: Ledger,
    progress: Progress,
) -> Compared:
    """Compare the pictures of pairs.

    The picture with fewer pixels, or the smaller file, is taken for the copy.

    Args:
        distances: squared distances of the vectors, by pairs of rows, ascending.
        near: the nearest others of each picture.
        album: the pictures.
        how: how to verify.
        engine: runs the work.
        ledger: keeps finished work.
        progress: reports progress.
    """
    stored, pictures = album.collection.descriptors, album.collection.pictures
    rows = sorted({row for pair in distances for row in pair})
    with (
        open_keypoints(pictures.keypoints, how.verifier.layout) as kept,
        progress.task("keypoints", len(rows), "images") as bar,
    ):
        # For both pictures, as each may be the copy in one pair and the original in another.
        find_keypoints(rows, pictures, kept, how.verifier, engine=engine, bar=bar)

    def worth(row: int) -> tuple[int, int, int]:
        facts = album[row].facts
        return facts.pixels, facts.bytes, -row

    sides = [sorted(pair, key=worth) for pair in distances]
    pairs = ClosestPairs(
        np.array([lesser for lesser, _ in sides], np.int64),
        np.array([better for _, better in sides], np.int64),
        np.array(list(distances.values()), np.float64),
    )
    place = {row: number for number, row in enumerate(near.rows.tolist())}
    model = stored.model_sha256 or stored.model
    bias = np.zeros(len(stored)) if stored.bias is None else stored.bias
    stood = [
        near.retrieval(place[lesser], far, float(bias[lesser]), model)
        for (lesser, _), far in zip(sides, distances.values(), strict=True)
    ]
    judged = verify_pairs(
        pairs,
        pictures,
        pictures,
        how,
        (len(stored), model),
        stood=stood,
        engine=engine,
        ledger=ledger,
        progress=progress,
    )
    return Compared(pairs, judged)
