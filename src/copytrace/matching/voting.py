"""Finds references that share details with a query: each of its points votes for references with such a point.

Votes count together only if they agree on scale and rotation (weak geometric consistency: Jégou et al., ECCV 2008). A
vector describes a whole picture; votes also find a reference of which the query shows only a small part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.matching.features import mirrored
from copytrace.matching.vocabulary import NEARBY, WORDS, shipped_vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from copytrace.matching.features import Features
    from copytrace.records import Float32Array, IndexArray

FAR = 24
"""Signatures that differ in more of their 64 bits are from different details."""
WIDTH = 16.0
"""A vote falls with the number of differing bits as a Gaussian of this width does."""
COMMON = 400
"""A word with more points than this is too common to tell anything."""
SHORT_LIST = 200
"""References whose votes are checked for agreement on scale and rotation."""
OCTAVE, TURN = 8, 256
"""Units of a scale per octave, and of a rotation per turn."""
SCALES, TURNS = 16, 16
"""Bins of the histogram of votes: half octaves, and sixteenths of a turn."""
FEW = 50
"""Added to a reference's number of points, so that one with few of them is not preferred too much."""


class VoteIndex:
    """The points of references, by word.

    It takes about 14 bytes a point, up to 10 KB a reference.

    Args:
        references: features of each reference; None counts as no points.
    """

    def __init__(self, references: Iterable[Features | None]) -> None:
        self._vocabulary = shipped_vocabulary()
        columns: list[list[Any]] = [[], [], [], [], []]
        sizes = []
        for number, features in enumerate(references):
            count = 0 if features is None else len(features)
            sizes.append(count)
            if features is not None and count:
                words, signatures = self._vocabulary.word(features.descriptors)
                told = words, signatures, np.full(count, number, np.int32), *_posture(features)
                for column, values in zip(columns, told, strict=True):
                    column.append(values)
        self._weights = 1 / np.sqrt(np.array(sizes) + FEW)
        words = _joined(columns[0], np.int64)
        order = np.argsort(words, kind="stable")
        self._start = np.searchsorted(words[order], np.arange(WORDS + 1))
        self._signatures = _joined(columns[1], np.uint64)[order]
        self._numbers = _joined(columns[2], np.int32)[order]
        self._scales = _joined(columns[3], np.int16)[order]
        self._turns = _joined(columns[4], np.uint8)[order]

    def __len__(self) -> int:
        return len(self._weights)

    def votes(self, query: Features) -> Float32Array:
        """(m,) float32, how strongly the points of a query, or of its mirror image, vote for each reference."""
        return np.maximum(self._votes(query), self._votes(mirrored(query)))

    def _votes(self, query: Features) -> Float32Array:
        if not len(query):
            return np.zeros(len(self), np.float32)
        voter, point, vote = self._similar(query)
        number = self._numbers[point]
        listed = _largest(np.bincount(number, vote, len(self)) * self._weights, SHORT_LIST)
        place = np.full(len(self), -1)
        place[listed] = np.arange(len(listed))
        some = place[number] >= 0
        voter, point, vote, place = voter[some], point[some], vote[some], place[number[some]]
        scales, turns = _posture(query)
        # Half a unit more on either side rounds to the nearest bin.
        scale = (self._scales[point] - scales[voter] + OCTAVE // 4) // (OCTAVE // 2) + SCALES // 2
        turn = (self._turns[point] - turns[voter]) // np.uint8(TURN // TURNS)
        bins = (place * SCALES + np.clip(scale, 0, SCALES - 1)) * TURNS + turn
        counted = np.bincount(bins, vote, len(listed) * SCALES * TURNS).reshape(-1, SCALES, TURNS)
        # Neighbouring bins count together, since agreeing votes may fall on both sides of a border.
        counted += np.roll(counted, 1, axis=2)
        counted[:, 1:] += counted[:, :-1].copy()
        total = np.zeros(len(self), np.float32)
        total[listed] = counted.max(axis=(1, 2), initial=0) * self._weights[listed]
        return total

    def _similar(self, query: Features) -> tuple[IndexArray, IndexArray, NDArray[np.float64]]:
        """Points that look alike: (v,) of the query, (v,) of references, and (v,) the weight of each vote."""
        words, signatures = (each.ravel() for each in self._vocabulary.nearby(query.descriptors))
        voter = np.repeat(np.arange(len(query)), NEARBY)
        first, count = self._start[words], self._start[words + 1] - self._start[words]
        count[count > COMMON] = 0
        ends = np.cumsum(count)
        point = np.repeat(first - ends + count, count) + np.arange(ends[-1])
        differing = np.bitwise_count(self._signatures[point] ^ np.repeat(signatures, count))
        near = differing <= FAR
        weight = np.exp(-((differing[near] / WIDTH) ** 2)) / np.sqrt(np.repeat(count, count)[near])
        return np.repeat(voter, count)[near], point[near], weight


def _posture(features: Features) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """(k,) the scale of each point relative to its picture, in eighths of an octave; (k,) its rotation."""
    shares = np.maximum(features.scales.astype(np.float64) / max(features.size), 1e-6)
    turns = np.rint(features.angles.astype(np.float64) / (2 * np.pi) * TURN).astype(np.int64) % TURN
    return np.rint(np.log2(shares) * OCTAVE).astype(np.int16), turns.astype(np.uint8)


def _largest(values: NDArray[np.float64], count: int) -> IndexArray:
    """The positions of the largest values above 0, at most `count`."""
    some = np.flatnonzero(values > 0)
    return some if len(some) <= count else some[np.argpartition(-values[some], count)[:count]]


def _joined(parts: list[Any], kind: Any) -> Any:  # noqa: ANN401 - arrays of several types
    return np.concatenate([np.empty(0, kind), *parts])
