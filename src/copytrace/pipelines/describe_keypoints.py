"""Extracts the features of all pictures of a descriptor set for later searches."""

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
    """The result for a set's pictures.

    Attributes:
        output: the file of features, next to the set.
        images: number of pictures with features in it.
        failures: pictures that could not be used, and why.
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
    """Extract the features that `find` uses to compare pictures, and keep them in `SET.h5.keypoints`.

    Without this, `find` extracts them for the pictures that it compares. Existing features are kept, so the same call
    resumes if interrupted; features of pictures that are no longer in the set are dropped.

    Args:
        descriptors: the set.
        workers: processes; all cores by default.
        engine: runs the work; by default processes on this machine.
        progress: reports progress.

    Raises:
        InputError: the set or its pictures cannot be read, or the file next to it is something else.
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
