"""The two sides of a search: descriptor sets, each opened once, or images, described for this search only."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.images import ImageList, list_images
from copytrace.pipelines.describe import describe
from copytrace.stores import is_remote
from copytrace.vectors import StoredDescriptors, is_descriptor_set, open_descriptors, require_same_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copytrace.descriptors import Choice
    from copytrace.engines import Engine
    from copytrace.images import IdScheme, Source
    from copytrace.progress import Progress
    from copytrace.records import Failure


@dataclass(frozen=True)
class Side:
    """One of the two collections.

    Attributes:
        descriptors: its vectors, read on access.
        images: its pictures; None for a descriptor set.
        failures: images that could not be used, and why.
    """

    descriptors: StoredDescriptors
    images: ImageList | None = None
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class Sides:
    """Both collections, ready to compare."""

    query: Side
    reference: Side


@contextmanager
def open_sets(sources: Sequence[Source]) -> Iterator[list[StoredDescriptors | None]]:
    """Open the sources that are descriptor sets (HDF5); None for images.

    Raises:
        SubmissionError: a set is not sound.
    """
    with ExitStack() as opened:
        yield [
            opened.enter_context(open_descriptors(Path(source)))
            if isinstance(source, str | Path) and _is_set(source)
            else None
            for source in sources
        ]


@contextmanager
def open_sides(
    sources: Sequence[Source],
    sets: Sequence[StoredDescriptors | None],
    choice: Choice,
    *,
    ids: IdScheme,
    engine: Engine,
    strict: bool,
    progress: Progress,
) -> Iterator[Sides]:
    """Describe what is not described yet; the images' vectors exist as long as the block.

    Args:
        sources: the queries and the references.
        sets: the open descriptor sets among them, see `open_sets`.
        choice: the model that describes the images.
        ids: how to form IDs, see `describe`.
        engine: describes the images.
        strict: stop at the first image that cannot be used.
        progress: reports progress.

    Raises:
        InputError: images cannot be read, or the two sides were made by different models.
    """
    # All images are listed before the first is described, so a wrong path is reported at once.
    found = [
        list_images(source, ids=ids, progress=progress) if known is None else known
        for source, known in zip(sources, sets, strict=True)
    ]
    if len(found[1]) == 1 < len(found[0]):
        progress.note(
            f"Searching for {len(found[0]):,} queries in 1 reference. If you meant the reverse, swap the arguments."
        )
    with ExitStack() as opened:
        query, reference = (
            Side(each)
            if isinstance(each, StoredDescriptors)
            else opened.enter_context(_described(each, choice, engine, strict=strict, progress=progress))
            for each in found
        )
        require_same_model(query.descriptors, reference.descriptors)
        yield Sides(query, reference)


def _is_set(source: Path | str) -> bool:
    """Whether a source is a descriptor set rather than images."""
    return not is_remote(str(source)) and is_descriptor_set(Path(source))


@contextmanager
def _described(
    images: ImageList, choice: Choice, engine: Engine, *, strict: bool, progress: Progress
) -> Iterator[Side]:
    """Describe images into a set that exists as long as the block."""
    with tempfile.TemporaryDirectory(prefix="copytrace-") as folder:
        output = Path(folder, "set.h5")
        done = describe(
            images,
            output,
            model=choice.model,
            quality=choice.quality,
            background=choice.background,
            device=choice.device,
            engine=engine,
            strict=strict,
            progress=progress,
        )
        with open_descriptors(output) as descriptors:
            yield Side(descriptors, images, done.failures)
