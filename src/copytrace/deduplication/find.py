"""Finds the duplicates of a collection: compares each picture with its nearest others, and groups the copies."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from copytrace.deduplication.candidates import distances_of, find_neighbourhood, first_of_identical
from copytrace.deduplication.collection import open_collection
from copytrace.deduplication.companions import forget
from copytrace.deduplication.compared import compare
from copytrace.deduplication.grouping import Ranking, grouped
from copytrace.deduplication.groups import unlinked
from copytrace.deduplication.pictures import Album
from copytrace.deduplication.records import Duplicates
from copytrace.descriptors import Choice
from copytrace.engines import LocalEngine, open_ledger
from copytrace.files import is_stream, lock
from copytrace.matching import DEFAULT_PRIOR, VERIFIERS
from copytrace.pipelines.machines import check_machines
from copytrace.pipelines.thresholds import LIKELY, asked_threshold, check_prior
from copytrace.pipelines.verify_pairs import Verification
from copytrace.progress import SILENT, Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copytrace.deduplication.keep import KeepRule
    from copytrace.engines import Engine
    from copytrace.images import IdScheme, ImageList


def find_duplicates(
    source: Path | str | ImageList,
    *,
    model: str | None = None,
    quality: str | None = None,
    background: Path | None = None,
    images: Path | str | None = None,
    prior: float = DEFAULT_PRIOR,
    threshold: float | None = None,
    keep: KeepRule = "best",
    resume_beside: Path | None = None,
    ids: IdScheme = "path",
    workers: int | None = None,
    engine: Engine | None = None,
    threads: int | None = None,
    memory: int | None = None,
    strict: bool = False,
    progress: Progress = SILENT,
) -> Duplicates:
    """Find the pictures of a collection that are copies of one another.

    Args:
        source: images (see `list_images`), a descriptor set, or a library.
        model: descriptor for images; copytrace's default if not named.
        quality: `fast`, `default` or `best`, for images.
        background: background for images, instead of the model's own.
        images: location of a set's pictures, if they have moved.
        prior: expected share of copies before the pictures are compared; above 0 and below 1.
        threshold: probability from which a pair is called a copy; 0.5 by default.
        keep: which picture of a group to keep, see `KEEP`.
        resume_beside: an output file next to which unfinished work is kept, so that the same call resumes if
            interrupted.
        ids: how to form IDs, see `describe`.
        workers: processes for describing and comparing; all cores by default.
        engine: describes and compares; by default processes on this machine.
        threads: search threads.
        memory: bytes that the search may use.
        strict: stop at the first image that cannot be used.
        progress: reports progress.

    Raises:
        InputError: the source cannot be read, its pictures cannot be found, or a machine of the engine lacks what the
            work needs.
    """
    check_prior(prior)
    asked = asked_threshold(threshold, None, verified=True)
    limit = LIKELY if asked is None else asked.score
    engine = engine or LocalEngine(workers)
    forget()
    with (
        _workspace(resume_beside) as work,
        open_collection(
            source,
            Choice(model or "", quality or "", background),
            work,
            images=images,
            ids=ids,
            engine=engine,
            strict=strict,
            progress=progress,
        ) as collection,
        open_ledger(work / "compared", work) as ledger,
    ):
        check_machines(engine, source=collection.pictures.file(0))
        stored, album = collection.descriptors, Album(collection)
        identical = first_of_identical(stored)
        near = find_neighbourhood(
            stored, np.array(list(identical), np.int64), threads=threads, memory=memory, progress=progress
        )
        how = Verification(VERIFIERS[0], prior, strict=strict)
        compare_pairs = partial(
            compare,
            near=near,
            album=album,
            how=how,
            engine=engine,
            ledger=ledger,
            progress=progress,
        )
        ranking = Ranking(identical, album, keep)
        compared = compare_pairs(near.pairs())
        # With more copies than neighbours, some may not have been compared with the one to keep.
        copies = compared.copies(limit)
        if missing := compared.missing(unlinked(ranking.order(copies), copies)):
            compared = compared.joined(compare_pairs(distances_of(stored, missing)))
        return Duplicates(
            groups=grouped(compared, ranking, album, limit),
            pictures=len(stored),
            compared=len(compared.pairs),
            model=stored.model,
            prior=prior,
            threshold=limit,
            source=collection.folder,
            failures=tuple(dict.fromkeys((*collection.failures, *compared.judged.failures))),
            left_out=collection.left_out,
        )


@contextmanager
def _workspace(beside: Path | None) -> Iterator[Path]:
    """A folder for unfinished work; if it is next to an output, it remains after an interruption."""
    if beside is None or is_stream(beside):
        with TemporaryDirectory(prefix="copytrace-") as folder:
            yield Path(folder)
        return
    work = beside.with_name(f"{beside.name}.parts")
    with lock(work, beside):
        yield work
        shutil.rmtree(work)
