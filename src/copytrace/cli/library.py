"""`copytrace library`: a searchable library of images."""

from __future__ import annotations

import csv
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from copytrace.cli import options, terminal
from copytrace.cli.failures import check_failures_file, tell_failures
from copytrace.cli.found import COLOURS
from copytrace.cli.library_service import decisions, serve, token
from copytrace.cli.tables import Cell, Column, Row, show_table
from copytrace.engines import limit_library_threads
from copytrace.errors import InputError
from copytrace.files import check_distinct, check_output, whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from copytrace.library import Changes, Hit, Lookup
    from copytrace.records import Failure


def create(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty folder.")],
    *,
    model: options.ModelOption = None,
    quality: options.QualityOption = None,
    background: options.BackgroundOption = None,
    ids: Annotated[
        Literal["path", "stem"],
        typer.Option(
            "--ids",
            help="How to name images: [b]path[/], relative path; [b]stem[/], file name without extension.",
        ),
    ] = "path",
    keypoints: Annotated[
        bool,
        typer.Option(
            "--keypoints",
            help="Extract the features that lookups compare (130 KB per image) when adding, not at the first lookup.",
        ),
    ] = False,
    store: Annotated[
        str | None,
        typer.Option(
            "--store",
            metavar="milvus://HOST:PORT/NAME",
            help="Keep the vectors in a new collection of a Milvus server, not in the folder.",
        ),
    ] = None,
    as_json: terminal.Json = False,
) -> None:
    """Create an empty library.

    Examples:
        copytrace library create agency
        copytrace library create agency --ids stem --keypoints
    """
    from copytrace.descriptors import DEFAULT, DEFAULT_QUALITY
    from copytrace.library import Library

    Library.create(
        directory,
        model=model or DEFAULT,
        quality=quality or DEFAULT_QUALITY,
        background=background,
        ids=ids,
        keypoints=keypoints,
        store=store or "",
    )
    if as_json:
        terminal.result_json({"library": str(directory), "model": model or DEFAULT})
    else:
        terminal.result(f"{directory}: empty library for the model '{model or DEFAULT}'")


def restore(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty folder.")],
    *,
    store: Annotated[
        str,
        typer.Option("--store", metavar="milvus://HOST:PORT/NAME", help="Collection of the library."),
    ],
    background: options.BackgroundOption = None,
    as_json: terminal.Json = False,
) -> None:
    """Restore the lost folder of a library from its collection in Milvus.

    Examples:
        copytrace library restore agency --store milvus://localhost:19530/agency
        copytrace library restore new --store milvus://db:19530/x --background b.npz
    """
    from copytrace.library import Library

    Library.restore(directory, store, background=background)
    with Library.open(directory) as library:
        items = len(library)
    if as_json:
        terminal.result_json({"library": str(directory), "items": items})
    else:
        terminal.result(f"{directory}: {items:,} images restored")


def add(
    directory: options.LibraryArgument,
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGES", help="Folders, images, lists (.txt), tar files or URLs."),
    ],
    *,
    metadata: Annotated[
        Path | None,
        typer.Option(
            "--metadata",
            metavar="FILE.csv",
            help="Facts about images: a column [b]id[/], and others such as licence and credit.",
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace images whose file has changed.")
    ] = False,
    exclude: options.ExcludeOption = None,
    device: options.DeviceOption = "cpu",
    workers: options.WorkersOption = None,
    strict: options.StrictOption = False,
    failures: options.FailuresOption = None,
    as_json: terminal.Json = False,
) -> None:
    """Add images. Skips images already in the library, so the same command resumes.

    Examples:
        copytrace library add agency photos/
        copytrace library add agency photos/2026/ --metadata credits.csv
    """
    check_failures_file(failures, replace=False, inputs=[*images, metadata])
    from copytrace.library import Changes, Library, read_metadata

    known = {} if metadata is None else read_metadata(metadata)
    progress = terminal.TerminalProgress()
    with Library.open(directory) as library:
        library.describe_on(device, progress)
        done = Changes()
        # List all sources before describing the first, so that a wrong path fails at once.
        for listed in [library.listed(source, progress, exclude=exclude or ()) for source in images]:
            done += library.add(
                listed, metadata=known, replace=replace, workers=workers, strict=strict, progress=progress
            )
        unused = [item_id for item_id in known if library.item(item_id) is None]
        if unused:
            terminal.warn(
                f"{metadata}: {len(unused):,} of {len(known):,} IDs are not in the library, such as "
                f"{unused[0]!r}. To add their metadata later, run the command again."
            )
        _tell_changes(directory, done, len(library), failures, strict=strict, as_json=as_json)


def remove(
    directory: options.LibraryArgument,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Images to remove.")] = None,
    *,
    from_file: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="List of IDs, one per line.")
    ] = None,
    purge: Annotated[
        bool,
        typer.Option("--purge", help="Erase their vectors and metadata from disk at once."),
    ] = False,
    as_json: terminal.Json = False,
) -> None:
    """Remove images by ID. With --purge, nothing about them stays in the library.

    Examples:
        copytrace library remove agency 2026/beach.jpg
        copytrace library remove agency --from takedown.txt --purge
    """
    from copytrace.library import Library

    named = [*(ids or ()), *(() if from_file is None else _read_ids(from_file))]
    if not named:
        raise InputError("Name the images to remove: IDs, or a list of them (--from FILE).")
    with Library.open(directory) as library:
        unknown = library.remove(named, purge=purge)
        removed = len(set(named)) - len(unknown)
        if as_json:
            terminal.result_json(
                {"removed": removed, "items": len(library), "unknown": [each.name for each in unknown]}
            )
        else:
            terminal.result(f"{directory}: {removed:,} removed; {len(library):,} images left")
    tell_failures(unknown, None, what="ID", fate="not removed")


def sync(
    directory: options.LibraryArgument,
    folder: Annotated[
        str, typer.Argument(metavar="FOLDER", help="Folder (or list, tar files, URL) to follow.")
    ],
    *,
    exclude: options.ExcludeOption = None,
    device: options.DeviceOption = "cpu",
    workers: options.WorkersOption = None,
    strict: options.StrictOption = False,
    failures: options.FailuresOption = None,
    as_json: terminal.Json = False,
) -> None:
    """Follow a folder: add new images, update changed ones, remove those that are gone.

    Examples:
        copytrace library sync agency photos/
        copytrace library sync agency s3://bucket/photos --failures failed.csv
    """
    check_failures_file(failures, replace=False, inputs=[folder])
    from copytrace.library import Library

    progress = terminal.TerminalProgress()
    with Library.open(directory) as library:
        library.describe_on(device, progress)
        changes = library.sync(
            folder, exclude=exclude or (), workers=workers, strict=strict, progress=progress
        )
        _tell_changes(directory, changes, len(library), failures, strict=strict, as_json=as_json)


def lookup(
    directory: options.LibraryArgument,
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE", help="Images, folders, lists (.txt), tar files or URLs."),
    ],
    *,
    k: Annotated[int, typer.Option("--results", "-k", metavar="K", min=1, help="Results per image.")] = 10,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="HITS.csv", help="Write all results.")
    ] = None,
    verify: options.VerifyOption = True,
    effort: options.EffortOption = None,
    prior: options.PriorOption = 0.01,
    threshold: options.ThresholdOption = None,
    copies: Annotated[bool, typer.Option("--copies", help="Show likely copies only.")] = False,
    workers: options.WorkersOption = None,
    failures: options.FailuresOption = None,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Look up images: find which library images they were copied from.

    Examples:
        copytrace library lookup agency photo.jpg
        copytrace library lookup agency inbox/ --copies -o hits.csv
    """
    check_distinct(output, failures)
    check_output(output, replace=replace, inputs=images)
    check_failures_file(failures, replace=replace, inputs=images)
    limit_library_threads()
    from copytrace.images import list_images
    from copytrace.library import Library

    progress = terminal.TerminalProgress()
    listed = [list_images(source, ids="path", progress=progress) for source in images]
    found: list[Lookup] = []
    failed: list[Failure] = []
    with Library.open(directory, lookups=sum(map(len, listed))) as library:
        for source in listed:
            answers, missed = library.lookup_images(
                source,
                k=k,
                verify=verify,
                effort=effort,
                prior=prior,
                threshold=threshold,
                workers=workers,
                progress=progress,
            )
            found.extend(answers)
            failed.extend(missed)
    if copies:
        found = [each.copies for each in found]
    if output is not None:
        _write_hits(output, found)
    if as_json:
        unread = [failure.__dict__ for failure in failed]
        terminal.result_json({"lookups": [each.to_dict() for each in found], "failures": unread})
    else:
        _show_lookups(found)
    if output is not None:
        terminal.say(f"results: {output}")
    tell_failures(failed, failures, fatal=not found)


def stats(directory: options.LibraryArgument, *, as_json: terminal.Json = False) -> None:
    """Show what a library contains.

    Examples:
        copytrace library stats agency
        copytrace library stats agency --json
    """
    from copytrace.library import Library

    with Library.open(directory) as library:
        known = library.stats()
    if as_json:
        terminal.result_json(asdict(known) | {"path": str(known.path)})
        return
    settings = known.settings
    terminal.result(f"{directory}: {known.items:,} images, {terminal.size_of(known.bytes)}")
    terminal.result(f"model: {settings.model_name} (quality {settings.quality}); IDs: {settings.ids}")
    if settings.store:
        terminal.result(f"vectors: {settings.store}")
    else:
        terminal.result(
            f"segments: {known.segments:,}; images outside segments: {known.open_rows:,}; "
            f"removed: {known.removed_rows:,}"
        )
    if known.lost:
        terminal.result(f"without a vector: {known.lost:,}; repair with: copytrace library check {directory}")
    for source, count in known.sources.items():
        terminal.result(f"{count:>12,} from {source}")


def export(
    directory: options.LibraryArgument,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="SET.h5", help="Descriptor set to write.")
    ],
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Export a library as a descriptor set, for find, pack and others.

    Examples:
        copytrace library export agency -o agency.h5
        copytrace library export agency -o agency.h5 --replace
    """
    from copytrace.library import Library

    with Library.open(directory) as library:
        count = library.export(output, replace=replace, progress=terminal.TerminalProgress())
    if as_json:
        terminal.result_json({"output": str(output), "images": count})
    else:
        terminal.result(f"{output}: {count:,} images")


def check(
    directory: options.LibraryArgument,
    *,
    workers: options.WorkersOption = None,
    as_json: terminal.Json = False,
) -> None:
    """Check every file of a library, repair what can be repaired, and list what is lost.

    Examples:
        copytrace library check agency
        copytrace library check agency --json
    """
    from copytrace.library import Library

    with Library.open(directory) as library:
        found = library.check(workers=workers, progress=terminal.TerminalProgress())
    if as_json:
        terminal.result_json(asdict(found) | {"sound": found.sound})
    else:
        state = "sound" if found.sound else "damaged"
        rebuilt = f"; {found.rebuilt:,} images described again" if found.rebuilt else ""
        terminal.result(f"{directory}: {found.items:,} images, {state}{rebuilt}")
    for failure in found.damaged:
        terminal.say(f"  {failure.name}: {failure.reason}")
    if found.missing:
        terminal.say(
            f"{len(found.missing):,} images are no longer at their paths; the first: {found.missing[0].reason}"
        )
    tell_failures(found.lost, None, fate="lost; add them again")


def upgrade(
    directory: options.LibraryArgument,
    *,
    model: options.ModelOption = None,
    quality: options.QualityOption = None,
    background: options.BackgroundOption = None,
    drop_missing: Annotated[
        bool,
        typer.Option("--drop-missing", help="Remove images that cannot be described again."),
    ] = False,
    device: options.DeviceOption = "cpu",
    workers: options.WorkersOption = None,
    failures: options.FailuresOption = None,
    as_json: terminal.Json = False,
) -> None:
    """Describe a library again with a new model. Lookups continue; resumes if interrupted.

    Examples:
        copytrace library upgrade agency
        copytrace library upgrade agency --model sscd --failures failed.csv
    """
    check_failures_file(failures, replace=False)
    from copytrace.library import IncompleteUpgradeError, Library

    with Library.open(directory) as library:
        try:
            done = library.upgrade(
                model=model,
                quality=quality,
                background=background,
                drop_missing=drop_missing,
                device=device,
                workers=workers,
                progress=terminal.TerminalProgress(),
            )
        except IncompleteUpgradeError as error:
            tell_failures(error.failures, failures, fate="cannot be described again", fatal=False)
            raise
        items = len(library)
    if as_json:
        terminal.result_json(asdict(done) | {"items": items})
    elif done.changed:
        terminal.result(f"{directory}: {items:,} images, now described by the model '{done.model}'")
    else:
        terminal.result(f"{directory}: already described by the model '{done.model}' that is installed")
    tell_failures(done.removed, failures, fate="removed", fatal=False)


COMMANDS = (
    create,
    restore,
    add,
    remove,
    sync,
    lookup,
    stats,
    export,
    check,
    upgrade,
    serve,
    token,
    decisions,
)


def _read_ids(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a list of IDs: {error}") from error
    return [line.strip() for line in lines if line.strip()]


def _tell_changes(
    directory: Path, changes: Changes, items: int, failures: Path | None, *, strict: bool, as_json: bool
) -> None:
    if as_json:
        terminal.result_json(asdict(changes) | {"items": items})
    else:
        counts = ("added", "replaced", "moved", "removed", "unchanged")
        told = [f"{getattr(changes, name):,} {name}" for name in counts if getattr(changes, name)]
        terminal.result(f"{directory}: {', '.join(told) or 'nothing new'}; {items:,} images in all")
    usable = changes.added or changes.replaced or changes.moved or changes.unchanged
    tell_failures(changes.failures, failures, fatal=strict or not usable)


def _write_hits(output: Path, found: Iterable[Lookup]) -> None:
    from copytrace.library import COLUMNS

    with whole_file(output) as path, path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(COLUMNS))
        writer.writeheader()
        for each in found:
            writer.writerows(each.to_rows())


def _show_lookups(found: Sequence[Lookup]) -> None:
    measure = "probability" if any(each.verified for each in found) else "score"
    rows: list[Row] = []
    for each in found:
        query = Cell(each.query, link=each.query)
        rows += [
            (query, Cell(hit.path, link=hit.path), Cell(_strength(hit)), _verdict(hit)) for hit in each.hits
        ]
        if not each.hits:
            rows.append((query, Cell(""), Cell(""), Cell("no copy found", "dim")))
    columns: list[Column | str] = [
        "query",
        "image",
        Column(measure, right=True),
        Column("verdict", prose=True),
    ]
    show_table(columns, rows)


def _strength(hit: Hit) -> str:
    from copytrace.matching import percent

    if hit.probability is None:
        return f"{hit.score:.4g}"
    return percent(hit.probability) if hit.compared else ""


def _verdict(hit: Hit) -> Cell:
    """The decision of a reviewer, or else the verdict with the likely edits."""
    from copytrace.matching import IN_WORDS

    if hit.decision is not None:
        return Cell(f"{hit.decision.replace('_', ' ')} (decided)")
    if hit.identical:
        return Cell("identical file", "green")
    if hit.verdict is None:
        return Cell("likely copy", "green") if hit.likely_copy else Cell("no copy", "dim")
    if not hit.compared:
        return Cell("not compared: its picture is missing", "yellow")
    edits = hit.explanation.edits if hit.likely_copy and hit.explanation is not None else ()
    said = ": ".join(filter(None, (IN_WORDS[hit.verdict], ", ".join(edits))))
    return Cell(said, COLOURS.get(hit.verdict, "dim"))
