"""Builds a copy-detection benchmark from any collection of photographs, in the challenge's formats."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits import HELD_OUT, MIXES, draw_recipe, environment
from copytrace.engines import FolderLedger, LocalEngine, do_missing, open_ledger
from copytrace.errors import InputError
from copytrace.files import whole_file
from copytrace.images import list_images, load_image, to_input
from copytrace.pipelines.benchmark_pictures import (
    Made,
    kept_batches,
    make_kept,
    make_queries,
    query_batches,
)
from copytrace.pipelines.benchmark_recipe import (
    BenchmarkRecipe,
    Kept,
    Origin,
    Query,
    Settings,
    read_benchmark_recipe,
)
from copytrace.pipelines.choose_photos import Parts, choose_photos
from copytrace.pipelines.describe import describe
from copytrace.pipelines.machines import check_machines
from copytrace.pipelines.near_duplicates import near_duplicates
from copytrace.progress import SILENT, Progress
from copytrace.vectors import read_descriptors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from copytrace.engines import Engine
    from copytrace.images import ImageFile
    from copytrace.records import Failure, Float32Array

LONGEST_SIDE = 512
SMALLEST_SIDE = 16
MIX_NAMES = tuple(mix.name for mix in MIXES)
THUMBNAIL_SIDE = 32

# A stream of random numbers derived from the seed; the pictures have their own.
ORDER = 3

PARTS = ".parts"
"""The folder in a benchmark that records what is done; removed at the end."""


@dataclass(frozen=True)
class Built:
    """The result of building a benchmark.

    Attributes:
        folder: its folder.
        references: number of references.
        queries: number of queries.
        copies: number of queries that are copies of a reference.
        hard: number of the others that were chosen because they resemble a reference.
        train: number of training images.
        near_duplicates: photographs skipped as near-duplicates of another one.
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
    photos: Path | str,
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
    engine: Engine | None = None,
    progress: Progress = SILENT,
) -> Built:
    """Build a benchmark: references, edited queries with and without a copy, training images, ground truth, recipe.

    Near-duplicate photographs are skipped first, so that the ground truth is correct. Each photograph has one role,
    except that copies are made from references. Pictures pasted onto others are training images. The same call resumes
    an interrupted run.

    Args:
        photos: a folder, list file, tar files or a URL of photographs; see `list_images`.
        folder: the benchmark's folder: a new one, or one with an interrupted run of the same call.
        queries: number of queries.
        references: number of references.
        copies: share of the queries that are copies of a reference.
        train: the most training images; by default as many as references. Fewer if there are not enough photographs.
        seed: random seed.
        mixes: names of the mixes that recipes are drawn from.
        held_out: edits, or families of edits, to exclude.
        longest_side: larger photographs are scaled down to this many pixels.
        workers: processes; all cores by default.
        engine: runs the work; by default processes on this machine.
        progress: reports progress.

    Raises:
        InputError: there are too few photographs, a setting is invalid, or the folder contains something else.
    """
    begun = time.monotonic()
    settings = Settings(
        queries, references, copies, train, seed, tuple(sorted(mixes)), tuple(sorted(held_out)), longest_side
    )
    _check(settings)
    engine = engine or LocalEngine(workers)
    with _open_workshop(folder, settings, engine, progress) as workshop:
        listed = list_images(photos, ids="path", progress=progress)
        gist_file = folder / PARTS / "gist.h5"
        described = describe(listed, gist_file, model="gist", engine=engine, progress=progress)
        by_name = {photo.id: photo for photo in listed}
        gist = read_descriptors(gist_file)
        names, vectors, left_out = _without_near_duplicates(gist.ids, gist.vectors, by_name, progress)
        parts = choose_photos(
            vectors, queries=queries, references=references, copies=copies, rng=np.random.default_rng(seed)
        )
        kept, origins = _cast(names, parts, settings)
        _note_settings(workshop, settings)
        _write_kept(kept, by_name, workshop, settings)
        donors = [picture.source for picture in kept if picture.role == "train"]
        queries_made = _write_queries(origins, by_name, donors, workshop, settings)
        made = BenchmarkRecipe(settings, environment(), kept, queries_made)
        _finish(made, workshop)
    return _summary(made, folder, begun, left_out, described.failures)


def rebuild_benchmark(
    photos: Path | str,
    recipe: Path,
    folder: Path,
    *,
    workers: int | None = None,
    engine: Engine | None = None,
    progress: Progress = SILENT,
) -> Built:
    """Rebuild a benchmark from its recipe file and the same photographs.

    With the versions that the recipe names, the result is identical to the byte; otherwise it is similar, and a note
    says so.

    Raises:
        InputError: the recipe cannot be read, or names a missing photograph.
    """
    begun = time.monotonic()
    wanted = read_benchmark_recipe(recipe)
    here = environment()
    differing = sorted(name for name, version in wanted.environment.items() if here.get(name) != version)
    if differing:
        progress.note(
            "The recipe was made with other versions of "
            + ", ".join(differing)
            + "; pictures may differ slightly."
        )
    engine = engine or LocalEngine(workers)
    with _open_workshop(folder, wanted.settings, engine, progress) as workshop:
        by_name = {photo.id: photo for photo in list_images(photos, ids="path", progress=progress)}
        sources = [kept.source for kept in wanted.kept] + [query.origin.source for query in wanted.queries]
        missing = sorted(set(sources) - by_name.keys())
        if missing:
            raise InputError(
                f"{photos}: {len(missing):,} of the recipe's photographs are missing, the first is {missing[0]!r}. "
                "Name the folder that the benchmark was made from."
            )
        check_machines(engine, source=by_name[sources[0]] if sources else None)
        _note_settings(workshop, wanted.settings)
        _write_kept(wanted.kept, by_name, workshop, wanted.settings)
        _write_queries(wanted.queries, by_name, (), workshop, wanted.settings)
        _finish(wanted, workshop)
    return _summary(wanted, folder, begun)


def _summary(
    made: BenchmarkRecipe, folder: Path, begun: float, left_out: int = 0, failures: tuple[Failure, ...] = ()
) -> Built:
    roles = [kept.role for kept in made.kept]
    return Built(
        folder=folder,
        references=roles.count("reference"),
        queries=len(made.queries),
        copies=sum(query.origin.reference is not None for query in made.queries),
        hard=sum(query.origin.hard for query in made.queries),
        train=roles.count("train"),
        near_duplicates=left_out,
        failures=failures,
        seconds=time.monotonic() - begun,
    )


@dataclass(frozen=True)
class _Workshop:
    """The folder of a benchmark in progress, and the tools to make it.

    Attributes:
        folder: the benchmark's folder.
        ledger: records what is done; removed at the end.
        engine: makes the pictures.
        progress: reports progress.
    """

    folder: Path
    ledger: FolderLedger
    engine: Engine
    progress: Progress


def _check(settings: Settings) -> None:
    """Refuse invalid settings before anything is read.

    Raises:
        InputError: a setting is invalid.
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
            raise InputError(f"{name} is {value}; expected {wanted}.")
    if not settings.mixes or not set(settings.mixes) <= set(MIX_NAMES):
        found = ", ".join(settings.mixes) or "none"
        raise InputError(f"mixes are {found}; expected some of {', '.join(MIX_NAMES)}.")
    # The edits know what can be held out; drawing a recipe for nothing finds out before the work starts.
    for mix in MIXES:
        if mix.name in settings.mixes:
            draw_recipe(np.random.default_rng(settings.seed), mixes=[mix], held_out=settings.held_out)


@contextmanager
def _open_workshop(
    folder: Path, settings: Settings, engine: Engine, progress: Progress
) -> Iterator[_Workshop]:
    """Lock the benchmark's folder; a request refused before anything was drawn leaves nothing in it.

    Raises:
        InputError: the folder contains anything but an interrupted run with the same settings, or another run holds it.
    """
    noted = _settings_file(folder)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; expected a new folder for the benchmark.")
    is_new = not folder.exists()
    if not (is_new or noted.exists() or {path.name for path in folder.iterdir()} <= {PARTS}):
        raise InputError(f"{folder}: is not empty; expected a new folder for the benchmark.")
    folder.mkdir(parents=True, exist_ok=True)
    with open_ledger(folder / PARTS, folder) as ledger:
        if noted.exists() and noted.read_text() != _as_text(settings):
            raise InputError(
                f"{folder}: contains an interrupted benchmark of other settings. Run it with those settings to finish "
                f"it, or remove it: rm -r {folder}"
            )
        try:
            yield _Workshop(folder, ledger, engine, progress)
        except InputError:
            if not noted.exists():
                ledger.clear()
                if is_new:
                    folder.rmdir()
            raise


def _note_settings(workshop: _Workshop, settings: Settings) -> None:
    """Record the settings; from now on, the folder accepts no others."""
    with whole_file(_settings_file(workshop.folder)) as path:
        path.write_text(_as_text(settings))
    for name in ("references", "queries", "train"):
        (workshop.folder / name).mkdir(exist_ok=True)


def _settings_file(folder: Path) -> Path:
    return folder / PARTS / "settings.json"


def _as_text(settings: Settings) -> str:
    return json.dumps(asdict(settings), indent=1)


def _without_near_duplicates(
    names: Sequence[str], gist: Float32Array, photos: dict[str, ImageFile], progress: Progress
) -> tuple[list[str], Float32Array, int]:
    """Skip near-duplicates; return the remaining names and vectors, and the number skipped."""

    def thumbnail(row: int) -> Float32Array:
        picture = load_image(photos[names[row]], smallest_side=THUMBNAIL_SIDE)
        return to_input(picture, THUMBNAIL_SIDE, THUMBNAIL_SIDE, grey=True).astype(np.float32).ravel()

    left_out = near_duplicates(gist, thumbnail)
    stays = np.flatnonzero(~left_out)
    count = int(left_out.sum())
    if count:
        progress.note(f"Skipped {count:,} near-duplicate photographs")
    return [names[row] for row in stays.tolist()], gist[stays], count


def _cast(
    names: Sequence[str], parts: Parts, settings: Settings
) -> tuple[tuple[Kept, ...], tuple[Origin, ...]]:
    """Give every picture with a role an ID; queries with and without a copy are mixed."""
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
    order = np.random.default_rng([settings.seed, ORDER]).permutation(len(sources)).tolist()
    return tuple(kept), tuple(Origin(f"Q{number:05d}", *sources[row]) for number, row in enumerate(order))


def _write_kept(
    kept: Sequence[Kept], photos: dict[str, ImageFile], workshop: _Workshop, settings: Settings
) -> None:
    with workshop.progress.task("references, training", len(kept), "images") as bar:
        do_missing(
            kept_batches(kept, photos, settings.longest_side),
            make_kept,
            partial(_write_pictures, workshop.folder),
            engine=workshop.engine,
            ledger=workshop.ledger,
            bar=bar,
        )


def _write_queries(
    queries: Sequence[Origin] | Sequence[Query],
    photos: dict[str, ImageFile],
    donors: Sequence[str],
    workshop: _Workshop,
    settings: Settings,
) -> tuple[Query, ...]:
    """Write the queries' pictures; returns them in order of their IDs."""
    made: list[Query] = []

    def note(entry: bytes) -> None:
        made.extend(Query.from_json(line) for line in json.loads(entry))

    with workshop.progress.task("queries", len(queries), "queries") as bar:
        do_missing(
            query_batches(queries, photos, donors, settings),
            make_queries,
            partial(_write_pictures, workshop.folder),
            engine=workshop.engine,
            ledger=workshop.ledger,
            bar=bar,
            each=note,
        )
    return tuple(sorted(made, key=lambda query: query.origin.id))


def _write_pictures(folder: Path, made: Made) -> bytes:
    """Write the pictures of a batch; return its lines, which the ledger keeps as proof that all are written."""
    for path, jpeg in made.pictures:
        with whole_file(folder / path) as temporary:
            temporary.write_bytes(jpeg)
    return json.dumps(made.lines).encode()


def _finish(made: BenchmarkRecipe, workshop: _Workshop) -> None:
    """Write the lists; the ground truth comes last, so a folder with a ground truth is complete."""
    folder = workshop.folder
    made.write(folder / "recipe.jsonl")
    _write_lines(folder / "reference_ids.txt", [kept.id for kept in made.kept if kept.role == "reference"])
    origins = [query.origin for query in made.queries]
    _write_lines(folder / "query_ids.txt", [origin.id for origin in origins])
    rows = [f"{origin.id},{origin.reference or ''}" for origin in origins]
    _write_lines(folder / "truth.csv", ["query_id,reference_id", *rows])
    workshop.ledger.clear()


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    with whole_file(path) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
