"""Describe a collection of images: from files to a descriptor set, resumably, over all cores."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import copytrace
from copytrace.descriptors import DEFAULT, DEFAULT_QUALITY, Choice, Model, load_model
from copytrace.errors import CopytraceError, ImageError
from copytrace.files import require_place
from copytrace.images import ImageList, list_images
from copytrace.pipelines.chunks import CHUNK_IMAGES, Part, describe_chunk, read_part, split
from copytrace.pipelines.resumable import do_missing
from copytrace.pipelines.workers import available_cores
from copytrace.progress import SILENT, Progress
from copytrace.submissions import DescriptorSetWriter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from copytrace.images import IdScheme
    from copytrace.records import Failure


@dataclass(frozen=True)
class Described:
    """What a description came to.

    Attributes:
        output: the descriptor set.
        model: the descriptor that made it.
        quality: the quality that it was used at.
        images: number of images described.
        reused: how many of them an earlier, interrupted run had done.
        failures: the images that could not be used, and why.
        left_out: pictures that were left out, by kind; see `ImageList`.
        seconds: wall-clock time of this run.
    """

    output: Path
    model: str
    quality: str
    images: int
    reused: int
    failures: tuple[Failure, ...]
    left_out: dict[str, int]
    seconds: float


def describe(
    images: Path | str | ImageList,
    output: Path | str,
    *,
    model: str = DEFAULT,
    quality: str = DEFAULT_QUALITY,
    background: Path | None = None,
    ids: IdScheme = "auto",
    workers: int | None = None,
    strict: bool = False,
    progress: Progress = SILENT,
) -> Described:
    """Describe images into a descriptor set (HDF5, see docs/formats.md).

    The work is done in chunks; a run that was interrupted or killed is taken up again by the same call, and
    the set is the same as that of a run in one go. Memory does not grow with the number of images.

    Args:
        images: a folder, a list file, tar files, one image, or a URL of them; see `list_images`.
        output: the file to write; finished chunks lie in `<output>.parts/` until all are done.
        model: see `copytrace models`; or a folder with a network and its card.
        quality: `fast`, `default` or `best`, where the model has them.
        background: a file of `copytrace fit-background`, in place of what the model brings.
        ids: `stem`, `path`, or `auto` (stem, and path where stems collide).
        workers: processes; all cores by default.
        strict: stop at the first image that cannot be used, instead of going on without it.
        progress: hears how far the work is.

    Raises:
        SourceError: the images cannot be listed, or two share an ID under `stem`.
        DescriptorError: there is no such model or quality, or the background does not fit to it.
        ImageError: `strict`, and an image cannot be used.
        CopytraceError: no image at all can be used, or a worker died.
    """
    begun = time.monotonic()
    output = Path(output)
    require_place(output)
    choice = Choice(model, quality, background)
    loaded = load_model(choice)  # What is missing or does not fit is told before anything is begun.
    listed = images if isinstance(images, ImageList) else list_images(images, ids=ids, progress=progress)
    for notice in listed.notices:
        progress.note(notice)
    folder = output.with_name(output.name + ".parts")
    folder.mkdir(exist_ok=True)
    name = loaded.card.name
    with progress.task(f"describe ({name})", len(listed), "images") as bar:
        processes = min(workers or available_cores(), ceil(len(listed) / CHUNK_IMAGES))
        chunks = split(listed, choice, loaded, folder)
        each = _refuse_failures if strict else None
        reused = do_missing(chunks, describe_chunk, workers=processes, bar=bar, each=each)
    parts = (read_part(chunk.part) for chunk in split(listed, choice, loaded, folder))
    count, failures = _join(parts, loaded, output)
    shutil.rmtree(folder)
    seconds = time.monotonic() - begun
    return Described(
        output, name, quality, count, reused, listed.failures + failures, listed.left_out, seconds
    )


def _refuse_failures(part: Path) -> None:
    failures = read_part(part).failures
    if failures:
        raise ImageError(failures[0].name, failures[0].reason)


def _join(parts: Iterable[Part], model: Model, output: Path) -> tuple[int, tuple[Failure, ...]]:
    """Put the parts together in order; returns the number of vectors and all failures."""
    failures: list[Failure] = []
    count = 0
    with DescriptorSetWriter(
        output,
        model=model.card.name,
        model_sha256=model.card.sha256,
        copytrace_version=copytrace.__version__,
        quality=model.card.quality,
        background_sha256=model.background_sha256,
    ) as writer:
        for part in parts:
            failures.extend(part.failures)
            if part.ids:
                writer.append(part.ids, part.vectors, part.bias)
                count += len(part.ids)
        if count == 0:
            first = f"{failures[0].name}: {failures[0].reason}"
            raise CopytraceError(f"None of the {len(failures)} images can be used; the first is {first}")
    return count, tuple(failures)
