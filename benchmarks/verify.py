"""Measures the cost of verifying a pair, stage by stage, compared with the usual recipe of OpenCV's samples.

    copytrace benchmark PHOTOS -o bench --queries 400 --references 800 --held-out none --side 320
    python benchmarks/verify.py bench [--pairs 400]

The pairs are queries with random references, and true pairs, up to a quarter. Times are processor time of one thread,
which other work hardly affects: first per picture, then per pair. The usual recipe: SIFT at the same size, two nearest
neighbours by BFMatcher, the ratio test, findHomography with RANSAC; it neither tries the mirror image nor compares the
pictures.
"""

from __future__ import annotations

import argparse
import os

os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

import csv
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np

from copytrace.images import load_image
from copytrace.images.file import ImageFile
from copytrace.matching import VERIFIERS, Subject, explain, judge, verifier
from copytrace.matching.features import SIDE, shrunk

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.matching import Features
    from copytrace.records import ByteArray

Result = TypeVar("Result")

PAIR_STAGES = ("correspond", "mutual", "fit", "agreement")
"""Functions of `matching.verifier` to time; each runs for the query and for its mirror image."""
RATIO = 0.75


class Clock:
    """Adds up processor time by stage."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def time(self, stage: str, work: Callable[..., Result], *arguments: object) -> Result:
        """Do some work, and add its time to a stage."""
        begun = time.process_time()
        try:
            return work(*arguments)
        finally:
            self.seconds[stage] += time.process_time() - begun

    def watch(self, name: str) -> None:
        """Time a function of `matching.verifier` from now on."""
        work = getattr(verifier, name)
        setattr(verifier, name, lambda *arguments: self.time(name, work, *arguments))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("--pairs", type=int, default=400)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    pairs = _pairs(asked.benchmark, asked.pairs)
    clock, usual = Clock(), Clock()
    pictures: dict[Path, ByteArray] = {}
    for path in {path for pair in pairs for path in pair}:
        pictures[path] = clock.time("decode", _picture, path)
    kept = {path: _keep(picture, clock) for path, picture in pictures.items()}
    points = {path: usual.time("extract", _sift, picture) for path, picture in pictures.items()}
    for name in PAIR_STAGES:
        clock.watch(name)
    # The queries come one after the other, each with its references, as in `find`.
    by_query: defaultdict[Path, list[Path]] = defaultdict(list)
    for query, reference in pairs:
        by_query[query].append(reference)
    found = found_usually = 0
    for query, references in by_query.items():
        subject = Subject(VERIFIERS[0].unpack(kept[query]))
        for reference in references:
            found += _verify(subject, kept[reference], clock)
            found_usually += usual.time("pair", _recipe, points[query], points[reference])
    sizes = [len(packed) for packed in kept.values()]
    print(
        f"{len(pairs):,} pairs of {len(pictures):,} pictures; {np.mean(sizes) / 1000:.0f} KB of features per picture"
    )
    print(f"a mapping for {found:,} pairs; by the usual recipe 10 points agree in {found_usually:,}\n")
    print("| stage | ms |\n|---|---|")
    for stage in ("decode", "extract", "pack"):
        print(f"| a picture: {stage} | {_ms(clock, stage, len(pictures)):.2f} |")
    print(f"| a picture: extract, usual recipe | {_ms(usual, 'extract', len(pictures)):.2f} |")
    for stage in ("load", *PAIR_STAGES, "explain and judge", "pair"):
        print(f"| a pair: {'whole' if stage == 'pair' else stage} | {_ms(clock, stage, len(pairs)):.2f} |")
    print(f"| a pair: usual recipe | {_ms(usual, 'pair', len(pairs)):.2f} |")


def _ms(clock: Clock, stage: str, count: int) -> float:
    return 1000 * clock.seconds[stage] / count


def _pairs(folder: Path, count: int) -> list[tuple[Path, Path]]:
    """True pairs, up to a quarter, and random ones."""
    queries, references = (
        {path.stem: path for path in sorted((folder / side).iterdir())} for side in ("queries", "references")
    )
    with (folder / "truth.csv").open(newline="", encoding="utf-8") as file:
        true = [
            (queries[row["query_id"]], references[row["reference_id"]])
            for row in csv.DictReader(file)
            if row["reference_id"]
        ][: count // 4]
    rng = np.random.default_rng(18)
    few = rng.choice(sorted(queries.values()), max(1, count // 20), replace=False)
    some = rng.choice(sorted(references.values()), count - len(true))
    return [*true, *((few[number % len(few)], reference) for number, reference in enumerate(some))]


def _picture(path: Path) -> ByteArray:
    return np.asarray(load_image(ImageFile(path.stem, str(path), path.name)), np.uint8)


def _keep(picture: ByteArray, clock: Clock) -> bytes:
    features = clock.time("extract", VERIFIERS[0].extract, picture)
    return clock.time("pack", VERIFIERS[0].pack, features)


def _verify(query: Subject, packed: bytes, clock: Clock) -> bool:
    """Whether a mapping was found; the query is prepared, the reference is loaded, as in `find`."""
    begun = time.process_time()
    reference: Features = clock.time("load", VERIFIERS[0].unpack, packed)
    evidence = VERIFIERS[0].verify(query, Subject(reference))

    def conclude() -> None:
        judge(evidence, min(len(query.features), len(reference)))
        if evidence is not None:
            looks = query.features.look, reference.look
            explain(evidence, *looks, query.features.size, reference.size)

    clock.time("explain and judge", conclude)
    clock.seconds["pair"] += time.process_time() - begun
    return evidence is not None


def _sift(picture: ByteArray) -> tuple[list[cv2.KeyPoint], np.ndarray | None]:
    grey = cv2.cvtColor(shrunk(picture, SIDE), cv2.COLOR_RGB2GRAY)
    found, descriptors = cv2.SIFT.create(nfeatures=700).detectAndCompute(grey, None)
    return list(found), descriptors


def _recipe(
    query: tuple[list[cv2.KeyPoint], np.ndarray | None],
    reference: tuple[list[cv2.KeyPoint], np.ndarray | None],
) -> bool:
    """Whether ten points agree with a homography."""
    if query[1] is None or reference[1] is None:
        return False
    matches = cv2.BFMatcher(cv2.NORM_L2).knnMatch(query[1], reference[1], k=2)
    good = [pair[0] for pair in matches if len(pair) == 2 and pair[0].distance < RATIO * pair[1].distance]
    if len(good) < 4:
        return False
    here = np.array([query[0][match.queryIdx].pt for match in good], np.float32)
    there = np.array([reference[0][match.trainIdx].pt for match in good], np.float32)
    inside = cv2.findHomography(here, there, cv2.RANSAC, 5.0)[1]
    return bool(np.count_nonzero(inside) >= 10)


if __name__ == "__main__":
    main()
