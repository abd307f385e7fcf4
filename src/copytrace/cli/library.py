"""`copytrace library`: a library of images that changes every day."""

from __future__ import annotations

import csv
from dataclasses import asdict
from dataclasses import replace as replaced
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from copytrace.cli import options, terminal
from copytrace.cli.failures import check_failures_file, tell_failures
from copytrace.cli.found import COLOURS
from copytrace.cli.library_service import decisions, serve, token
from copytrace.engines import limit_library_threads
from copytrace.errors import InputError
from copytrace.files import check_distinct, check_output, whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from copytrace.library import Changes, Hit, Lookup
    from copytrace.records import Failure


def create(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    *,
    model: options.ModelOption = None,
    quality: options.QualityOption = None,
    background: options.BackgroundOption = None,
    ids: Annotated[
        Literal["path", "stem"],
        typer.Option(
            "--ids",
            help="What an image is called: [b]path[/], its path within what you add; [b]stem[/], its file name without "
            "extension.",
        ),
    ] = "path",
    keypoints: Annotated[
        bool,
        typer.Option(
            "--keypoints",
            help="Find what lookups compare when images are added (130 KB each), not when a lookup first needs it.",
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
    """Create an empty library."""
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
        terminal.result(f"{directory}: an empty library for the model '{model or DEFAULT}'")


def restore(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    *,
    store: Annotated[
        str,
        typer.Option("--store", metavar="milvus://HOST:PORT/NAME", help="The collection of the library."),
    ],
    background: options.BackgroundOption = None,
    as_json: terminal.Json = False,
) -> None:
    """Restore the lost folder of a library from its collection in Milvus."""
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
        typer.Argument(metavar="IMAGES...", help="Folders, lists (.txt), tar files, images or URLs of them."),
    ],
    *,
    metadata: Annotated[
        Path | None,
        typer.Option(
            "--metadata",
            metavar="FILE.csv",
            help="What you want to know of each image: a column [b]id[/], and others such as licence and credit.",
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace an image of the same ID whose file has changed.")
    ] = False,
    device: options.DeviceOption = "cpu",
    workers: options.WorkersOption = None,
    strict: options.StrictOption = False,
    failures: options.FailuresOption = None,
    as_json: terminal.Json = False,
) -> None:
    """Add images. Images that are in the library already are skipped, so the same command resumes."""
    check_failures_file(failures, replace=False, inputs=[*images, metadata])
    from copytrace.library import Changes, Library, read_metadata

    known = {} if metadata is None else read_metadata(metadata)
    progress = terminal.TerminalProgress()
    with Library.open(directory) as library:
        library.describe_on(device, progress)
        done = Changes()
        # All are listed before the first is described, so that a wrong path is told at once.
        for listed in [library.listed(source, progress) for source in images]:
            done += library.add(
                listed, metadata=known, replace=replace, workers=workers, strict=strict, progress=progress
            )
        _tell_changes(directory, done, len(library), failures, as_json=as_json)


def remove(
    directory: options.LibraryArgument,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID...", help="The images to remove.")] = None,
    *,
    from_file: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="A list with an ID in each line.")
    ] = None,
    purge: Annotated[
        bool,
        typer.Option("--purge", help="Erase their vectors and metadata from the library's files at once."),
    ] = False,
    as_json: terminal.Json = False,
) -> None:
    """Remove images by their IDs. With --purge, nothing about them stays in the library."""
    from copytrace.library import Library

    named = [*(ids or ()), *(() if from_file is None else _read_ids(from_file))]
    if not named:
        raise InputError("Name the images to remove: their IDs, or a file that lists them (--from FILE).")
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
        str, typer.Argument(metavar="FOLDER", help="What the library was filled from: a folder, ...")
    ],
    *,
    device: options.DeviceOption = "cpu",
    workers: options.WorkersOption = None,
    strict: options.StrictOption = False,
    failures: options.FailuresOption = None,
    as_json: terminal.Json = False,
) -> None:
    """Follow a folder: add new images, remove those that are gone, describe changed ones again."""
    check_failures_file(failures, replace=False, inputs=[folder])
    from copytrace.library import Library

    progress = terminal.TerminalProgress()
    with Library.open(directory) as library:
        library.describe_on(device, progress)
        changes = library.sync(folder, workers=workers, strict=strict, progress=progress)
        _tell_changes(directory, changes, len(library), failures, as_json=as_json)


def lookup(
    directory: options.LibraryArgument,
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE...", help="Images, folders, lists (.txt), tar files or URLs of them."),
    ],
    *,
    k: Annotated[
        int, typer.Option("--results", "-k", metavar="K", min=1, help="Results for each image.")
    ] = 10,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="HITS.csv", help="Write all results as a table.")
    ] = None,
    verify: options.VerifyOption = True,
    effort: options.EffortOption = None,
    prior: options.PriorOption = 0.01,
    threshold: options.ThresholdOption = None,
    copies: Annotated[bool, typer.Option("--copies", help="Show likely copies alone.")] = False,
    workers: options.WorkersOption = None,
    failures: options.FailuresOption = None,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Look up images: which ones in the library they may be copies of."""
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
        found = [replaced(each, hits=each.copies) for each in found]
    if output is not None:
        _write_hits(output, found)
    if as_json:
        unread = [failure.__dict__ for failure in failed]
        terminal.result_json({"lookups": [each.to_dict() for each in found], "failures": unread})
    else:
        _show_lookups(found)
    tell_failures(failed, failures)


def stats(directory: options.LibraryArgument, *, as_json: terminal.Json = False) -> None:
    """Show what a library holds."""
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
            f"segments: {known.segments:,}; not in one yet: {known.open_rows:,}; removed from them: "
            f"{known.removed_rows:,}"
        )
    if known.lost:
        terminal.result(
            f"without a vector: {known.lost:,}; describe them again: copytrace library check {directory}"
        )
    for source, count in known.sources.items():
        terminal.result(f"{count:>12,} from {source}")


def export(
    directory: options.LibraryArgument,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="SET.h5", help="The descriptor set to write.")
    ],
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Write all images of a library as one descriptor set, for find, pack and others."""
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
    """Check every file of a library, rebuild what can be rebuilt, and name what cannot."""
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


COMMANDS = (create, restore, add, remove, sync, lookup, stats, export, check, serve, token, decisions)


def _read_ids(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a list of IDs: {error}") from error
    return [line.strip() for line in lines if line.strip()]


def _tell_changes(
    directory: Path, changes: Changes, items: int, failures: Path | None, *, as_json: bool
) -> None:
    if as_json:
        terminal.result_json(asdict(changes) | {"items": items})
    else:
        counts = ("added", "replaced", "moved", "removed", "unchanged")
        told = [f"{getattr(changes, name):,} {name}" for name in counts if getattr(changes, name)]
        terminal.result(f"{directory}: {', '.join(told) or 'nothing new'}; {items:,} images in all")
    tell_failures(changes.failures, failures)


def _write_hits(output: Path, found: Iterable[Lookup]) -> None:
    from copytrace.library import COLUMNS

    with whole_file(output) as path, path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(COLUMNS))
        writer.writeheader()
        for each in found:
            writer.writerows(each.to_rows())


def _show_lookups(found: Sequence[Lookup]) -> None:
    from rich.table import Table
    from rich.text import Text

    measure = "probability" if any(each.verified for each in found) else "score"
    table = Table(box=None, pad_edge=False)
    # A path that is cut short could not be opened.
    table.add_column("query", overflow="fold")
    table.add_column("image", overflow="fold")
    table.add_column(measure, justify="right")
    table.add_column("verdict", overflow="fold")
    for each in found:
        for number, hit in enumerate(each.hits):
            query = Text(each.query if number == 0 else "")
            table.add_row(query, Text(hit.path), _strength(hit), _verdict(hit))
        if not each.hits:
            table.add_row(Text(each.query), "", "", "[dim]no copy found[/]")
    terminal.result(table)


def _strength(hit: Hit) -> str:
    from copytrace.matching import percent

    if hit.probability is None:
        return f"{hit.score:.4g}"
    return percent(hit.probability) if hit.compared else ""


def _verdict(hit: Hit) -> str:
    """What is said of a hit, with markup: what a person decided, else the verdict and the likely edits."""
    from copytrace.matching import IN_WORDS

    if hit.decision is not None:
        return f"{hit.decision.replace('_', ' ')} (decided)"
    if hit.identical:
        return "[green]identical file[/]"
    if hit.verdict is None:
        return "[green]likely copy[/]" if hit.likely_copy else "[dim]no copy[/]"
    if not hit.compared:
        return "[yellow]not compared: its picture is missing[/]"
    edits = hit.explanation.edits if hit.likely_copy and hit.explanation is not None else ()
    said = ": ".join(filter(None, (IN_WORDS[hit.verdict], ", ".join(edits))))
    return f"[{COLOURS.get(hit.verdict, 'dim')}]{said}[/]"
