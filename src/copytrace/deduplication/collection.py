"""The collection to compare with itself: images, a descriptor set or a library."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.images import ImageList, list_images
from copytrace.library import Library
from copytrace.pipelines.describe import describe
from copytrace.pipelines.keypoint_file import keypoints_beside
from copytrace.pipelines.model_choice import complete
from copytrace.pipelines.pictures import Pictures, reachable_pictures
from copytrace.pipelines.source_files import folder_of
from copytrace.stores import is_remote
from copytrace.vectors import is_descriptor_set, open_descriptors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copytrace.descriptors import Choice
    from copytrace.engines import Engine
    from copytrace.images import IdScheme
    from copytrace.pipelines.pictures import PictureRows
    from copytrace.progress import Progress
    from copytrace.records import Failure
    from copytrace.vectors import StoredDescriptors

SET = "set.h5"
"""The described or exported set, in the work folder."""


@dataclass(frozen=True, eq=False)
class Collection:
    """An open collection.

    Attributes:
        descriptors: its vectors.
        pictures: its pictures, by the rows of the vectors.
        folder: the folder of the pictures; None if they are not files below one.
        failures: images that could not be described.
        left_out: skipped pictures, by kind; see `ImageList`.
    """

    descriptors: StoredDescriptors
    pictures: PictureRows
    folder: Path | None
    failures: tuple[Failure, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)


@contextmanager
def open_collection(
    source: Path | str | ImageList,
    choice: Choice,
    work: Path,
    *,
    images: Path | str | None,
    ids: IdScheme,
    engine: Engine,
    strict: bool,
    progress: Progress,
) -> Iterator[Collection]:
    """Open a library or a descriptor set, or describe images.

    Args:
        source: a library, a descriptor set, or images; see `list_images`.
        choice: the model that describes the images.
        work: a folder for described sets and features.
        images: location of a set's pictures, if they have moved.
        ids: how to form IDs.
        engine: runs the description.
        strict: stop at the first image that cannot be used.
        progress: reports progress.

    Raises:
        InputError: the source is none of these, or its pictures cannot be found.
    """
    here = None if isinstance(source, ImageList) or is_remote(str(source)) else Path(source)
    if here is not None and Library.is_at(here):
        with _opened_library(here, work, progress) as collection:
            yield collection
    elif here is not None and is_descriptor_set(here):
        with open_descriptors(here) as stored:
            pictures = reachable_pictures(stored, images, ids, "--images")
            yield Collection(stored, pictures, folder_of(images or stored.source))
    else:
        listed = source if isinstance(source, ImageList) else list_images(source, ids=ids, progress=progress)
        with _described(listed, choice, work, engine, strict=strict, progress=progress) as collection:
            yield collection


@contextmanager
def _opened_library(path: Path, work: Path, progress: Progress) -> Iterator[Collection]:
    with Library.open(path) as library:
        library.export(work / SET, replace=True, progress=progress)
        with open_descriptors(work / SET) as stored:
            yield Collection(stored, library.pictures(stored.ids), Path("/"))


@contextmanager
def _described(
    listed: ImageList, choice: Choice, work: Path, engine: Engine, *, strict: bool, progress: Progress
) -> Iterator[Collection]:
    filled = complete(choice, ())
    done = describe(
        listed,
        work / SET,
        model=filled.model,
        quality=filled.quality,
        background=filled.background,
        engine=engine,
        strict=strict,
        progress=progress,
    )
    with open_descriptors(work / SET) as stored:
        pictures = Pictures(stored, listed, keypoints_beside(work / SET))
        yield Collection(stored, pictures, folder_of(listed.source), done.failures, done.left_out)
