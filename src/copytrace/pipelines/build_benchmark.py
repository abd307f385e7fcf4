"""Make a copy-detection benchmark from any collection of photographs, in the challenge's formats."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import asdict, dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits import DRAWN, HELD_OUT, MIXES, Album, Supplies, draw_recipe, environment
from copytrace.errors import InputError
from copytrace.files import whole_file
from copytrace.images import list_images, load_image, to_input
from copytrace.pipelines.benchmark_pictures import (
    BATCH,
    kept_batches,
    query_batches,
    write_kept,
    write_queries,
)
from copytrace.pipelines.benchmark_recipe import BenchmarkRecipe, Kept, Query, Settings, read_benchmark_recipe
from copytrace.pipelines.choose_photos import Parts, choose_photos
from copytrace.pipelines.describe import describe
from copytrace.pipelines.near_duplicates import near_duplicates
from copytrace.pipelines.resumable import do_missing
from copytrace.pipelines.workers import available_cores
from copytrace.progress import SILENT, Progress
from copytrace.submissions import read_descriptors

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from copytrace.images import ImageFile
    from copytrace.records import Failure, Float32Array

LONGEST_SIDE = 512
SMALLEST_SIDE = 16
MIX_NAMES = tuple(mix.name for mix in MIXES)
QUALITIES = (40, 95)
"""JPEG qualities that queries end as, drawn evenly."""
THUMBNAIL_SIDE = 32


@dataclass(frozen=True)
class Built:
    """What a benchmark came to.

    Attributes:
        folder: where it lies.
        references: the number of references.
        queries: the number of queries.
        copies: how many of them derive from a reference.
        hard: how many of the others were chosen since they resemble a reference.
        train: the number of training images.
        near_duplicates: photographs that were left out, since they resemble another one too much.
        failures: photographs that could not be used, and why.
        seconds: wall-clock time of this run.
    """

    folder: Path
    references: int
    queries: int
    copies: int
    hard: int
    train: int
    near_duplicates: int
    failures: tuple[Failure, ...]
    seconds: float


def build_benchmark(
    photos: Path,
    folder: Path,
    *,
    queries: int,
    references: int,
    copies: float = 0.2,
    train: int | None = None,
    seed: int = 0,
    mixes: Collection[str] = MIX_NAMES,
    held_out: Collection[str] = HELD_OUT,
    longest_side: int = LONGEST_SIDE,
    workers: int | None = None,
    progress: Progress = SILENT,
) -> Built:
    """Make a benchmark: references, edited queries with and without a copy, training images, truth, recipe.

    Near-duplicates among the photographs are left out first, so that the truth is true. No photograph plays two
    parts, but for the reference that a copy is made from. Pictures that are pasted onto others come from the
    training images. A run that was interrupted is taken up again by the same call.

    Args:
        photos: a folder, list file or tar file of photographs.
        folder: where the benchmark goes; a new folder, or one with an interrupted run of the same call.
        queries: how many queries.
        references: how many references.
        copies: share of the queries that derive from a reference.
        train: the most training images; by default as many as references. Fewer where photographs run out.
        seed: decides all that is drawn.
        mixes: names of the mixes that recipes are drawn from.
        held_out: edits, or families of edits, that are not used.
        longest_side: pixels; larger photographs are made smaller.
        workers: processes; all cores by default.
        progress: hears how far the work is.

    Raises:
        InputError: too few photographs, a wrong setting, or a folder that holds something else.
    """
    begun = time.monotonic()
    settings = Settings(
        queries, references, copies, train, seed, tuple(sorted(mixes)), tuple(sorted(held_out)), longest_side
    )
    _check(settings)
    workshop = _begin(folder, settings, workers, progress)
    listed = list_images(photos, ids="path")
    gist_file = workshop.parts / "gist.h5"
    described = describe(listed, gist_file, model="gist", workers=workers, progress=progress)
    by_name = {photo.id: photo for photo in listed}
    gist = read_descriptors(gist_file)
    names, vectors, left_out = _without_near_duplicates(gist.ids, gist.vectors, by_name, progress)
    parts = choose_photos(
        vectors, queries=queries, references=references, copies=copies, rng=np.random.default_rng(seed)
    )
    recipe = _drawn(names, parts, settings)
    made = _make(recipe, by_name, workshop)
    return _summary(made, folder, begun, left_out, described.failures)


def rebuild_benchmark(
    photos: Path, recipe: Path, folder: Path, *, workers: int | None = None, progress: Progress = SILENT
) -> Built:
    """Make a benchmark again from its recipe file and the same photographs.

    To the byte under the versions that the recipe names; close to it under others, which is noted.

    Raises:
        InputError: the recipe cannot be read, or names a photograph that is not there.
    """
    begun = time.monotonic()
    wanted = read_benchmark_recipe(recipe)
    here = environment()
    differing = sorted(name for name, version in wanted.environment.items() if here.get(name) != version)
    if differing:
        progress.note(
            "The recipe was made with other versions of "
            + ", ".join(differing)
            + "; pictures may differ a little."
        )
    workshop = _begin(folder, wanted.settings, workers, progress)
    by_name = {photo.id: photo for photo in list_images(photos, ids="path")}
    sources = [kept.source for kept in wanted.kept] + [query.source for query in wanted.queries]
    missing = sorted(set(sources) - by_name.keys())
    if missing:
        raise InputError(
            f"{photos}: {len(missing):,} of the recipe's photographs are not there, the first is {missing[0]!r}. "
            "Give the folder that the benchmark was made from."
        )
    return _summary(_make(wanted, by_name, workshop), folder, begun)


def _summary(
    made: BenchmarkRecipe, folder: Path, begun: float, left_out: int = 0, failures: tuple[Failure, ...] = ()
) -> Built:
    roles = [kept.role for kept in made.kept]
    return Built(
        folder=folder,
        references=roles.count("reference"),
        queries=len(made.queries),
        copies=sum(query.reference is not None for query in made.queries),
        hard=sum(query.hard for query in made.queries),
        train=roles.count("train"),
        near_duplicates=left_out,
        failures=failures,
        seconds=time.monotonic() - begun,
    )


@dataclass(frozen=True)
class _Workshop:
    """Where a benchmark is made, and by whom.

    Attributes:
        folder: the benchmark's folder.
        parts: the folder in it that remembers what is done; gone when all is.
        workers: processes.
        progress: hears how far the work is.
    """

    folder: Path
    parts: Path
    workers: int
    progress: Progress

    def processes(self, pictures: int) -> int:
        """As many as there is work for."""
        return max(1, min(self.workers, ceil(pictures / BATCH)))


def _check(settings: Settings) -> None:
    """Refuse settings that mean nothing, before anything is read.

    Raises:
        InputError: one of them does.
    """
    wrong = {
        "queries": (settings.queries, settings.queries >= 1, "at least 1"),
        "references": (settings.references, settings.references >= 1, "at least 1"),
        "copies": (settings.copies, 0 <= settings.copies <= 1, "a share from 0 to 1"),
        "train": (settings.train, (settings.train or 0) >= 0, "0 or more"),
        "longest_side": (
            settings.longest_side,
            settings.longest_side >= SMALLEST_SIDE,
            f"at least {SMALLEST_SIDE} pixels",
        ),
    }
    for name, (value, fine, wanted) in wrong.items():
        if not fine:
            raise InputError(f"{name} is {value}; wanted is {wanted}.")
    if not settings.mixes or not set(settings.mixes) <= set(MIX_NAMES):
        found = ", ".join(settings.mixes) or "none"
        raise InputError(f"mixes are {found}; wanted are some of {', '.join(MIX_NAMES)}.")


def _begin(folder: Path, settings: Settings, workers: int | None, progress: Progress) -> _Workshop:
    """Make the folders, and refuse one that holds anything but an interrupted run with the same settings."""
    parts = folder / ".parts"
    noted = parts / "settings.json"
    wanted = json.dumps(asdict(settings), indent=1)
    workshop = _Workshop(folder, parts, workers or available_cores(), progress)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; a new folder is wanted for the benchmark.")
    if noted.exists():
        if noted.read_text() != wanted:
            raise InputError(
                f"{folder}: holds an interrupted benchmark with other settings. Run it with those settings to finish "
                f"it, or remove it: rm -r {folder}"
            )
        return workshop
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder}: is not empty; a new folder is wanted for the benchmark.")
    for name in (".parts", "references", "queries", "train"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    with whole_file(noted) as path:
        path.write_text(wanted)
    return workshop


def _without_near_duplicates(
    names: Sequence[str], gist: Float32Array, photos: dict[str, ImageFile], progress: Progress
) -> tuple[list[str], Float32Array, int]:
    """Leave near-duplicates out; returns the names and vectors that stay, and how many went."""

    def thumbnail(row: int) -> Float32Array:
        picture = load_image(photos[names[row]], smallest_side=THUMBNAIL_SIDE)
        return to_input(picture, THUMBNAIL_SIDE, THUMBNAIL_SIDE, grey=True).astype(np.float32).ravel()

    left_out = near_duplicates(gist, thumbnail)
    stays = np.flatnonzero(~left_out)
    count = int(left_out.sum())
    if count:
        progress.note(f"{count:,} photographs resemble another one too much and are left out")
    return [names[row] for row in stays.tolist()], gist[stays], count


def _drawn(names: Sequence[str], parts: Parts, settings: Settings) -> BenchmarkRecipe:
    """Draw the recipe of every query; each has a generator of its own, so that none depends on another."""
    reference_ids = {
        names[row]: f"R{number:06d}" for number, row in enumerate(sorted(parts.references.tolist()))
    }
    limit = len(reference_ids) if settings.train is None else settings.train
    training = [names[row] for row in parts.training[:limit].tolist()]
    kept = [Kept("reference", picture_id, name) for name, picture_id in reference_ids.items()]
    kept += [Kept("train", f"T{number:06d}", name) for number, name in enumerate(training)]

    sources: list[tuple[str, str | None, bool]] = [
        (names[row], reference_ids[names[row]], False) for row in parts.originals.tolist()
    ]
    sources += [
        (names[row], None, number < parts.hard) for number, row in enumerate(parts.strangers.tolist())
    ]
    supplies = Supplies(photos=Album(ids=tuple(training))) if training else DRAWN
    mixes = [mix for mix in MIXES if mix.name in settings.mixes]
    order = np.random.default_rng([settings.seed, 1]).permutation(len(sources))
    drawn = []
    for number, row in enumerate(order.tolist()):
        source, reference, hard = sources[row]
        rng = np.random.default_rng([settings.seed, 2, number])
        recipe = draw_recipe(
            rng,
            mixes=mixes,
            held_out=settings.held_out,
            supplies=supplies,
            longest_side=settings.longest_side,
        )
        quality = int(rng.integers(QUALITIES[0], QUALITIES[1] + 1))
        drawn.append(Query(f"Q{number:05d}", reference, source, recipe, quality, hard))
    return BenchmarkRecipe(settings, environment(), tuple(kept), tuple(drawn))


def _make(recipe: BenchmarkRecipe, photos: dict[str, ImageFile], workshop: _Workshop) -> BenchmarkRecipe:
    """Write every picture and list; the truth comes last, so that a folder with a truth is complete."""
    folder, side, progress = workshop.folder, recipe.settings.longest_side, workshop.progress
    with progress.task("references, training", len(recipe.kept), "images") as bar:
        kept = kept_batches(recipe.kept, photos, folder, workshop.parts, side)
        do_missing(kept, write_kept, workers=workshop.processes(len(recipe.kept)), bar=bar)
    seen: dict[str, dict[str, float]] = {}

    def note_seen(part: Path) -> None:
        seen.update(json.loads(part.read_text()))

    with progress.task("queries", len(recipe.queries), "queries") as bar:
        queries = query_batches(recipe.queries, photos, folder, workshop.parts)
        processes = workshop.processes(len(recipe.queries))
        do_missing(queries, write_queries, workers=processes, bar=bar, each=note_seen)
    made = replace(recipe, queries=tuple(replace(query, visible=seen[query.id]) for query in recipe.queries))
    made.write(folder / "recipe.jsonl")
    _write_lines(folder / "reference_ids.txt", [kept.id for kept in made.kept if kept.role == "reference"])
    _write_lines(folder / "query_ids.txt", [query.id for query in made.queries])
    rows = [f"{query.id},{query.reference or ''}" for query in made.queries]
    _write_lines(folder / "truth.csv", ["query_id,reference_id", *rows])
    shutil.rmtree(workshop.parts)
    return made


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    with whole_file(path) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
