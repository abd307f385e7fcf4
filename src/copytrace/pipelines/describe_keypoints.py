"""Finds the features of all pictures of a descriptor set, for searches to come."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.engines import LocalEngine
from copytrace.matching import VERIFIERS
from copytrace.pipelines.keypoint_file import keypoints_beside, open_keypoints
from copytrace.pipelines.keypoints import find_keypoints
from copytrace.pipelines.pictures import pictures_of
from copytrace.pipelines.sides import Side
from copytrace.progress import SILENT, Progress
from copytrace.vectors import open_descriptors

if TYPE_CHECKING:
    from copytrace.engines import Engine
    from copytrace.records import Failure

_ROWS_AT_ONCE = 1 << 16


@dataclass(frozen=True)
class DescribedKeypoints:
    """What became of the pictures of a set.

    Attributes:
        output: the file of features, beside the set.
        images: number of pictures whose features are in it.
        failures: the pictures that could not be used, and why.
    """

    output: Path
    images: int
    failures: tuple[Failure, ...]


def describe_keypoints(
    descriptors: Path | str,
    *,
    workers: int | None = None,
    engine: Engine | None = None,
    progress: Progress = SILENT,
) -> DescribedKeypoints:
    """Find the features by which `find` compares pictures, and keep them in `SET.h5.keypoints`.

    Without this, `find` does the same for the pictures that it compares. Features that are there stay, so the same
    call resumes if interrupted; those of pictures that the set no longer has are dropped.

    Args:
        descriptors: the set.
        workers: processes; all cores by default.
        engine: runs the work; by default processes of this machine.
        progress: hears how far the work is.

    Raises:
        InputError: the set or its pictures cannot be read, or the file beside it is something else.
    """
    verifier, engine = VERIFIERS[0], engine or LocalEngine(workers)
    with open_descriptors(Path(descriptors)) as stored:
        pictures = pictures_of(Side(stored))
        output = keypoints_beside(stored.path)
        count = 0
        failures: list[Failure] = []
        with (
            open_keypoints(output, verifier.layout) as kept,
            progress.task("keypoints", len(stored), "images") as bar,
        ):
            if stored.content_sha256 is not None:
                kept.keep_only(stored.content_sha256)
            for start in range(0, len(stored), _ROWS_AT_ONCE):
                rows = range(len(stored))[start : start + _ROWS_AT_ONCE]
                known, failed = find_keypoints(rows, pictures, kept, verifier, engine=engine, bar=bar)
                count += len(known)
                failures += failed
    return DescribedKeypoints(output, count, tuple(failures))
