"""Describes a collection of images: from files to a descriptor set, resumable, on all cores."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from heapq import merge
from itertools import islice
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

import numpy as np

import copytrace
from copytrace.descriptors import DEFAULT, DEFAULT_QUALITY, Choice, Model, kept_model
from copytrace.engines import LocalEngine, do_missing, ledger_beside
from copytrace.errors import CopytraceError, InputError, StrictError
from copytrace.files import check_output
from copytrace.images import list_images, source_address
from copytrace.pipelines.chunks import (
    describe_chunk,
    image_by_image,
    note_incomplete,
    pack_part,
    split,
    unpack_part,
)
from copytrace.pipelines.earlier_set import check_earlier_set, open_earlier_set
from copytrace.pipelines.machines import check_machines
from copytrace.pipelines.on_device import engine_for, on_device
from copytrace.pipelines.views import TILES
from copytrace.progress import SILENT, Progress
from copytrace.vectors import DescriptorSetWriter, read_descriptors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from copytrace.engines import Engine, FolderLedger
    from copytrace.images import IdScheme, ImageList, Source
    from copytrace.pipelines.chunks import Chunk, Part
    from copytrace.pipelines.earlier_set import EarlierSet
    from copytrace.pipelines.on_device import AskedDevice
    from copytrace.records import Descriptors, Failure, Float32Array

_ROWS_AT_ONCE = 1024


@dataclass(frozen=True, repr=False)
class Described:
    """The result of a description.

    Attributes:
        output: the descriptor set; None if it was not written to a file.
        model: the descriptor.
        quality: its quality setting.
        licence: the descriptor's licence.
        restricted: whether that licence allows some uses only, such as research.
        images: number of images described.
        reused: how many of them were unchanged, or described by an interrupted run.
        removed: number of images of an earlier set that are no longer in the source.
        failures: images that could not be used, and why.
        left_out: skipped pictures, by kind; see `ImageList`.
        seconds: wall-clock time of this run.
        kept: the descriptors, if there is no file of them.
    """

    output: Path | None
    model: str
    quality: str
    licence: str
    restricted: bool
    images: int
    reused: int
    removed: int
    failures: tuple[Failure, ...]
    left_out: dict[str, int]
    seconds: float
    kept: Descriptors | None = None

    def __repr__(self) -> str:
        place = "" if self.output is None else f" in {self.output}"
        failed = f", {len(self.failures):,} failed" if self.failures else ""
        return f"<Described: {self.images:,} images by {self.model}{place}{failed}>"

    @property
    def descriptors(self) -> Descriptors:
        """All descriptors; read from the file if there is one."""
        if self.kept is not None:
            return self.kept
        return read_descriptors(cast("Path", self.output))

    @property
    def ids(self) -> Sequence[str]:
        """The IDs (n) of the images described, in the order of the vectors."""
        return self.descriptors.ids

    @property
    def vectors(self) -> Float32Array:
        """The vectors (n, d), float32."""
        return self.descriptors.vectors


def describe(
    images: Source,
    output: Path | str | None = None,
    *,
    model: str = DEFAULT,
    quality: str = DEFAULT_QUALITY,
    background: Path | None = None,
    tiles: int = 0,
    ids: IdScheme = "auto",
    device: AskedDevice = "cpu",
    workers: int | None = None,
    engine: Engine | None = None,
    strict: bool = False,
    replace: bool = False,
    progress: Progress = SILENT,
) -> Described:
    """Describe images: into a descriptor set (HDF5, see docs/formats.md), or without `output` into memory.

    The work is done in chunks: the same call resumes an interrupted or killed run, and the resulting set is the same as
    that of an uninterrupted run. Memory does not grow with the number of images.

    If `output` is a set of the same source and model, unchanged images keep their vectors, new and changed ones are
    described, and missing images are dropped. Unchanged images are recognised by path, size and modification time, or
    the ETag of a URL, without opening them.

    Args:
        images: a folder, a list file, tar files, one image, a URL of them, or pictures in memory; see `list_images`.
        output: the file to write; finished chunks are kept in `<output>.parts/` until all are done. None: the result
            holds the vectors.
        model: see `copytrace models`; or a folder with a network and its card.
        quality: `fast`, `default` or `best`, if the model has them.
        background: a file of `copytrace fit-background` that replaces the model's background.
        tiles: 0, or 5 to describe the centre and the corners of each image too: copies of small parts of these images
            can then be found, for six times the work.
        ids: `stem`, `path`, or `auto` (stem, or path if stems collide).
        device: the network's device: `cpu`, `cuda`, or `auto`, the GPU if there is one. The vectors differ in their
            last digits, but can be compared with each other.
        workers: processes; all cores by default.
        engine: runs the work; by default processes on this machine.
        strict: stop at the first image that cannot be used, instead of skipping it.
        replace: describe all images, whatever file is at `output`.
        progress: reports progress.

    Raises:
        SourceError: the images cannot be listed, or two share an ID with `stem`.
        DescriptorError: the model or quality does not exist, the background does not match it, or `output` exists and
            is not a set of this source, model and device.
        NoGpuError: `cuda` was requested and cannot be used.
        InputError: `tiles` is another number, the output cannot be written there, another run is writing it, or a
            machine of the engine lacks what the work needs.
        StrictError: `strict` is set, and an image cannot be used.
        CopytraceError: no image can be used, or a worker died.
    """
    if output is None:
        with TemporaryDirectory(prefix="copytrace-") as folder:
            done = describe(
                images,
                Path(folder, "set.h5"),
                model=model,
                quality=quality,
                background=background,
                tiles=tiles,
                ids=ids,
                device=device,
                workers=workers,
                engine=engine,
                strict=strict,
                progress=progress,
            )
            return replaced(done, output=None, kept=done.descriptors)
    begun = time.monotonic()
    output = Path(output)
    source = source_address(images)
    check_output(output, replace=True, inputs=[source or None, background])
    if tiles not in {0, len(TILES)}:
        raise InputError(f"tiles is {tiles}; expected 0 or {len(TILES)}.")
    choice = on_device(Choice(model, quality, background), device, progress)
    loaded = kept_model(choice)  # Reports missing files and mismatches before work starts.
    if not replace:
        check_earlier_set(output, source, loaded)
    listed = list_images(images, ids=ids, progress=progress)
    listed.require_apart(output)
    for notice in listed.notices:
        progress.note(notice)
    engine = engine_for(choice, engine or LocalEngine(workers))
    check_machines(engine, choice, next(iter(listed), None))
    with ledger_beside(output) as ledger:
        earlier = nullcontext() if replace else open_earlier_set(output, listed, loaded, tiles)
        with earlier as kept:
            run = _Run(listed, choice, loaded, output, kept, ledger, tiled=tiles > 0)
            reused = run.describe(engine, progress, strict=strict)
            count, failures = run.write(progress)
            removed = 0 if kept is None else kept.count_removed()
        ledger.clear()
    return Described(
        output=output,
        model=loaded.card.name,
        quality=quality,
        licence=loaded.card.licence,
        restricted=loaded.card.restricted,
        images=count,
        reused=reused,
        removed=removed,
        failures=listed.failures + failures,
        left_out=listed.left_out,
        seconds=time.monotonic() - begun,
    )


@dataclass
class _Run:
    """One description.

    Attributes:
        listed: all images of the source.
        choice: the model, for workers to load.
        model: the loaded model.
        output: the set to write.
        earlier: the set to refresh, if there is one.
        ledger: keeps finished chunks.
        tiled: whether to describe parts of the images too.
        keys: keys of the chunks, in order, as soon as they are known.
    """

    listed: ImageList
    choice: Choice
    model: Model
    output: Path
    earlier: EarlierSet | None
    ledger: FolderLedger
    tiled: bool = False
    keys: list[str] = field(default_factory=list)

    def describe(self, engine: Engine, progress: Progress, *, strict: bool) -> int:
        """Describe what is new; return the number of images that an earlier run described."""
        kept = 0 if self.earlier is None else self.earlier.kept
        with progress.task(f"describe ({self.model.card.name})", len(self.listed), "images") as bar:
            bar.advance(kept, earlier=True)
            return kept + do_missing(
                self._chunks(),
                describe_chunk,
                pack_part,
                engine=engine,
                ledger=self.ledger,
                bar=bar,
                each=_refuse_failures if strict else None,
                on_death=image_by_image(engine),
            )

    def _chunks(self) -> Iterator[Chunk]:
        images = self.listed if self.earlier is None else self.earlier.new_images()
        for chunk in split(images, self.choice, self.model, tiled=self.tiled):
            self.keys.append(chunk.key)
            yield chunk

    def write(self, progress: Progress) -> tuple[int, tuple[Failure, ...]]:
        """Write the set unless it exists; return the number of its images, and all failures."""
        failures: list[Failure] = []
        warnings: list[Failure] = []
        described = 0
        for part in self._parts():
            failures.extend(part.failures)
            warnings.extend(part.warnings)
            described += len(part.ids)
        note_incomplete(warnings, progress)
        kept = 0 if self.earlier is None else self.earlier.kept
        if kept + described == 0:
            first = f"{failures[0].name}: {failures[0].reason}"
            raise CopytraceError(f"None of the {len(failures)} images can be used; the first is {first}")
        if described or self.earlier is None or not self.earlier.is_all_there_is():
            earlier = () if self.earlier is None else self.earlier.parts()
            rows = merge(_rows(earlier), _rows(self._parts()), key=itemgetter(0))
            _write_rows(rows, self.output, self.listed.source, self.model)
        return kept + described, tuple(failures)

    def _parts(self) -> Iterator[Part]:
        return (unpack_part(self.ledger.read(key)) for key in self.keys)


def _refuse_failures(entry: bytes) -> None:
    failures = unpack_part(entry).failures
    if failures:
        raise StrictError(failures[0].name, failures[0].reason)


Row = tuple[str, "Part", int]
"""An image: its ID, the part that contains it, and its row there."""


def _rows(parts: Iterable[Part]) -> Iterator[Row]:
    for part in parts:
        for row, id_ in enumerate(part.ids):
            yield id_, part, row


def _write_rows(rows: Iterator[Row], output: Path, source: str, model: Model) -> None:
    """Write a descriptor set, one block of rows at a time."""
    with DescriptorSetWriter(
        output,
        model=model.card.name,
        model_sha256=model.card.sha256,
        copytrace_version=copytrace.__version__,
        quality=model.card.quality,
        background_sha256=model.background_sha256,
        source=source,
        device=model.device,
    ) as writer:
        while block := list(islice(rows, _ROWS_AT_ONCE)):
            tiles = [part.tiles[row] for _, part, row in block if part.tiles is not None]
            biases = [part.bias[row] for _, part, row in block if part.bias is not None]
            writer.append(
                [id_ for id_, _, _ in block],
                np.stack([part.vectors[row] for _, part, row in block]),
                np.array(biases, np.float32) if biases else None,
                paths=[part.paths[row] for _, part, row in block],
                content_sha256=[part.content_sha256[row] for _, part, row in block],
                fingerprints=[part.fingerprints[row] for _, part, row in block],
                tiles=np.stack(tiles) if tiles else None,
            )
