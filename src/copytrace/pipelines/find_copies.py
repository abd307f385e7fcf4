"""Find the edited copies: from two collections of images, or descriptor sets, to scored pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.descriptors import Choice
from copytrace.pipelines.candidates import find_candidates
from copytrace.pipelines.decide import Threshold, decide, threshold_of
from copytrace.pipelines.model_choice import complete, load_maker
from copytrace.pipelines.sides import open_sets, open_sides
from copytrace.progress import SILENT, Progress

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.images import IdScheme
    from copytrace.pipelines.decide import Found


def find_copies(
    queries: Path | str,
    references: Path | str,
    *,
    model: str | None = None,
    quality: str | None = None,
    background: Path | None = None,
    max_results: int | None = None,
    per_query: int | None = None,
    threshold: float | None = None,
    ids: IdScheme = "auto",
    workers: int | None = None,
    threads: int | None = None,
    memory: int | None = None,
    strict: bool = False,
    progress: Progress = SILENT,
) -> Found:
    """Find the references that queries derive from.

    Args:
        queries: images (see `list_images`: a folder, list, tar files, a URL ...), or a descriptor set (HDF5).
        references: the same.
        model: the descriptor; by default that of the sets, or copytrace's default.
        quality: `fast`, `default` or `best`; by default that of the sets, or `default`.
        background: the file that the sets were described with, if it was not the model's own.
        max_results: the best pairs over all queries; 10 x queries by default.
        per_query: of each query, only its so many nearest references; then all of them unless
            max_results says otherwise.
        threshold: score from which a pair is called a likely copy, in place of the descriptor's own.
        ids: how files are named, see `describe`.
        workers: processes that describe.
        threads: threads that search.
        memory: bytes that the search may use.
        strict: stop at the first image that cannot be used.
        progress: hears how far the work is.

    Raises:
        InputError: something cannot be read, the two sides were made by different models, or no threshold is known.
    """
    sources = (queries, references)
    with open_sets(sources) as sets:
        known = [each for each in sets if each is not None]
        choice = complete(Choice(model or "", quality or "", background), known)
        limit = None if threshold is None else Threshold(threshold, "given by --threshold")
        if limit is None or len(known) < len(sets):
            # What does not fit is told before images are described for nothing.
            maker = load_maker(choice, known)
            limit = limit or threshold_of(maker)
        with open_sides(
            sources, sets, choice, ids=ids, workers=workers, strict=strict, progress=progress
        ) as sides:
            candidates = find_candidates(
                sides,
                max_results=max_results,
                per_query=per_query,
                threads=threads,
                memory=memory,
                progress=progress,
            )
            return decide(candidates, sides, limit)
