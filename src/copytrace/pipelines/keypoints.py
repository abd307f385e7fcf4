"""Extracts the features that a file of keypoints lacks, on all cores; resumes if interrupted."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from copytrace.errors import ImageError
from copytrace.images import decode_image
from copytrace.pipelines.keypoint_file import open_keypoints
from copytrace.pipelines.map_pictures import map_pictures
from copytrace.records import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from copytrace.engines import Engine, WorkerDiedError
    from copytrace.images import ImageFile
    from copytrace.images.read_ahead import ReadImage
    from copytrace.matching import Features, Verifier
    from copytrace.pipelines.keypoint_file import KeypointFile
    from copytrace.pipelines.pictures import PictureRows
    from copytrace.progress import Bar, Progress
    from copytrace.records import ByteArray

CHUNK = 32
"""Pictures per task, whose features are written together."""


@dataclass(frozen=True)
class Extracted:
    """The features of a picture, packed.

    Attributes:
        digest: SHA-256 of the picture's file, in hexadecimal.
        features: as returned by `Verifier.pack`.
    """

    digest: str
    features: bytes


@dataclass(frozen=True, eq=False)
class KnownFeatures:
    """An open file with the features of some rows.

    Attributes:
        file: the file.
        digests: the digest of each row's features in it.
        failures: pictures that cannot be used.
    """

    file: KeypointFile
    digests: Mapping[int, str]
    failures: Sequence[Failure]

    def read(self, row: int) -> bytes | None:
        """The packed features of a row; None if its picture cannot be used."""
        digest = self.digests.get(row)
        return None if digest is None else self.file.read(digest)


@contextmanager
def features_of(
    pictures: PictureRows, rows: Sequence[int], verifier: Verifier, *, engine: Engine, progress: Progress
) -> Iterator[KnownFeatures]:
    """Open the file of a side's features, after extracting those of some rows that it lacks.

    Raises:
        InputError: the file is damaged, or something else.
    """
    with open_keypoints(pictures.keypoints, verifier.layout) as file:
        with progress.task("keypoints", len(rows), "images") as bar:
            digests, failures = find_keypoints(rows, pictures, file, verifier, engine=engine, bar=bar)
        yield KnownFeatures(file, digests, failures)


def find_keypoints(
    rows: Sequence[int],
    pictures: PictureRows,
    kept: KeypointFile,
    verifier: Verifier,
    *,
    engine: Engine,
    bar: Bar,
) -> tuple[dict[int, str], list[Failure]]:
    """Make sure that a file of keypoints contains the features of some pictures.

    Args:
        rows: rows of a side.
        pictures: pictures of that side.
        kept: the file.
        verifier: extracts the features.
        engine: reads the pictures.
        bar: advances with every picture, read now or before.

    Returns:
        The digest of each row's features, and the pictures that cannot be used.
    """
    known: dict[int, str] = {}
    files: list[tuple[int, ImageFile]] = []
    failures: list[Failure] = []
    for row, digest in zip(rows, pictures.digests(rows), strict=True):
        if digest is not None and kept.has(digest):
            known[row] = digest
        elif (file := pictures.file(row)) is not None:
            files.append((row, file))
        else:
            failures.append(pictures.missing(row))
    bar.advance(len(known) + len(failures), earlier=True)
    work = partial(_extracted, verifier=verifier)
    with closing(map_pictures(work, files, fail=_failed, chunk=CHUNK, engine=engine)) as finished:
        for done, results in finished:
            kept.write((one.digest, one.features) for one in results if isinstance(one, Extracted))
            for row, one in zip(done, results, strict=True):
                if isinstance(one, Extracted):
                    known[row] = one.digest
                else:
                    failures.append(one)
            bar.advance(len(results))
    return known, failures


def extract(image: ReadImage, verifier: Verifier, *, both: bool = False) -> Features:
    """Extract the features of a picture; `both`: also of its mirror image, for a query.

    Raises:
        ImageError: it cannot be read or decoded.
    """
    return verifier.extract(decoded(image), both=both)


def decoded(image: ReadImage) -> ByteArray:
    """The pixels of a picture, (h, w, 3) uint8 RGB.

    Raises:
        ImageError: it cannot be read or decoded.
    """
    return np.asarray(decode_image(image.read_bytes(), image.name), np.uint8)


def _failed(file: ImageFile, death: WorkerDiedError) -> Failure:
    return Failure(file.name, death.blame)


def _extracted(image: ReadImage, verifier: Verifier) -> Extracted | Failure:
    """The features of a picture; runs in a worker process."""
    try:
        return Extracted(image.sha256(), verifier.pack(extract(image, verifier)))
    except ImageError as error:
        return Failure(error.name, error.reason)
