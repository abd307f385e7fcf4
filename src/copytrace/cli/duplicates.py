"""`copytrace duplicates`: find copies within a collection, and tidy them up."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from copytrace.cli import options, terminal
from copytrace.cli.failures import check_failures_file, tell_failures
from copytrace.cli.tables import Cell, Column, Row, show_table
from copytrace.engines import limit_library_threads
from copytrace.errors import InputError
from copytrace.files import check_distinct, check_output, check_output_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.deduplication import Action, Duplicates, Outcome, Plan

SHOWN = 10
"""Groups to print; a file or a report lists them all."""


def duplicates(
    source: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE",
            help="Folders and images; or a list (.txt), tar files, URL, descriptor set or library.",
        ),
    ] = None,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="GROUPS.csv", help="Write all groups.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="DIR", help="Write a page that shows copies side by side."),
    ] = None,
    keep: Annotated[
        Literal["best", "oldest", "newest", "largest", "shortest-path"],
        typer.Option(
            "--keep",
            help="Which image of a group to keep. [b]best[/]: most pixels, then largest file, then earliest EXIF date. "
            "An image with its RAW file comes first.",
        ),
    ] = "best",
    action: Annotated[
        Literal["list", "hardlink", "move", "trash"],
        typer.Option(
            "--action",
            help="What to do with copies. [b]hardlink[/]: link identical files to save disk space. "
            "[b]move[/]: to the folder --to. [b]trash[/]: to the desktop's trash.",
        ),
    ] = "list",
    to: Annotated[Path | None, typer.Option("--to", metavar="DIR", help="Folder for --action move.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Skip the confirmation.")] = False,
    journal: Annotated[
        Path | None,
        typer.Option(
            "--journal",
            metavar="FILE",
            help="Record the action for --undo. Default: duplicates-DATE.jsonl.",
        ),
    ] = None,
    undo: Annotated[
        Path | None, typer.Option("--undo", metavar="JOURNAL", help="Undo an action. Takes no SOURCE.")
    ] = None,
    prior: options.PriorOption = 0.01,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold", metavar="P", help="Probability from which a pair is a copy. Default: 0.5."
        ),
    ] = None,
    images: Annotated[
        str | None,
        typer.Option(
            "--images", metavar="IMAGES", help="Where the images of a descriptor set are, if they have moved."
        ),
    ] = None,
    exclude: options.ExcludeOption = None,
    model: options.ModelOption = None,
    quality: options.QualityOption = None,
    background: options.BackgroundOption = None,
    workers: options.WorkersOption = None,
    engine: options.EngineOption = "local",
    address: options.AddressOption = None,
    slots: options.SlotsOption = None,
    ship: options.ShipOption = False,
    threads: options.ThreadsOption = None,
    memory: options.MemoryOption = None,
    strict: options.StrictOption = False,
    failures: options.FailuresOption = None,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Find copies within a collection; link, move or trash all but the best.

    Examples:
        copytrace duplicates photos/ --report duplicates
        copytrace duplicates photos/ --action move --to copies
    """
    if undo is not None:
        _undo(undo, source, as_json=as_json)
        return
    if not source:
        raise InputError("Name a folder, a descriptor set or a library; or undo an action: --undo JOURNAL")
    _check_action(source, action, to, yes=yes, as_json=as_json)
    chosen = options.engine_of(engine, workers=workers, address=address, slots=slots, ship=ship)
    inputs = (*source, background, images)
    check_distinct(output, failures, report, journal)
    check_output(output, replace=replace, inputs=inputs)
    check_output(journal, inputs=inputs)
    check_failures_file(failures, replace=replace, inputs=inputs)
    if report is not None:
        from copytrace.reports import REPORT_MARK

        check_output_folder(report, REPORT_MARK, replace=replace, inputs=inputs)
    limit_library_threads()
    from copytrace.deduplication import find_duplicates, plan, report_duplicates, write_groups

    progress = terminal.TerminalProgress()
    found = find_duplicates(
        options.images_of(source, exclude, "path", progress),
        model=model,
        quality=quality,
        background=background,
        images=images,
        prior=prior,
        threshold=threshold,
        keep=keep,
        resume_beside=output,
        engine=chosen,
        threads=threads,
        memory=memory,
        strict=strict,
        progress=progress,
    )
    if output is not None:
        write_groups(output, found)
    if report is not None:
        report_duplicates(found, report, replace=replace, engine=chosen, progress=progress)
    if not as_json:
        _show(found, written=output is not None)
    outcome = None if action == "list" else _act(plan(found, action, to), action, journal, yes=yes)
    if as_json:
        terminal.result_json(found.to_dict() | {"action": _outcome_json(action, outcome)})
    for path, what in ((output, "groups"), (report and report / "index.html", "report")):
        if path is not None:
            terminal.say(f"{what}: {path}")
    left = outcome.left if outcome else ()
    tell_failures([*found.failures, *left], failures, fatal=strict or bool(left))


def _check_action(
    sources: Sequence[str], action: Action, to: Path | None, *, yes: bool, as_json: bool
) -> None:
    """Refuse an incomplete action before the work starts."""
    if (action == "move") != (to is not None):
        raise InputError("Use --action move and --to DIR together.")
    if to is not None and to.exists() and not to.is_dir():
        raise InputError(f"{to}: is a file; expected a folder for the copies.")
    for source in sources:
        if to is not None and to.resolve().is_relative_to(Path(source).resolve()):
            raise InputError(
                f"{to}: is inside {source}, so the copies would be found again. Name another folder."
            )
    if action != "list" and not yes and (as_json or not _someone_is_there()):
        raise InputError(
            f"--action {action} asks for confirmation, which needs a terminal. To skip it, add --yes."
        )


def _someone_is_there() -> bool:
    import sys

    return sys.stdin.isatty()


def _act(planned: Plan, action: Action, journal: Path | None, *, yes: bool) -> Outcome | None:
    """Ask for confirmation, and carry out the plan."""
    from copytrace.deduplication import act

    what = {"hardlink": "Link", "move": "Move", "trash": "Trash"}[action]
    asked = (
        f"{what} {len(planned.tasks):,} copies ({planned.files:,} files, {terminal.size_of(planned.bytes)})?"
    )
    if planned.tasks and not yes and not typer.confirm(asked, err=True):
        terminal.say("Nothing was changed.")
        return None
    now = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    done = act(planned, journal or Path(f"duplicates-{now}.jsonl"), terminal.TerminalProgress())
    if done.journal is not None:
        terminal.say(f"{done.done:,} copies done. To undo this: copytrace duplicates --undo {done.journal}")
    return done


def _undo(journal: Path, source: Sequence[str] | None, *, as_json: bool) -> None:
    from copytrace.deduplication import undo

    if source:
        raise InputError("--undo accepts only a journal. Leave out SOURCE.")
    back, left = undo(journal)
    if as_json:
        terminal.result_json({"restored": back, "failures": [failure.__dict__ for failure in left]})
    else:
        terminal.result(f"{back:,} files restored")
    tell_failures(left, None, what="file", fate="could not be restored")


def _outcome_json(action: Action, outcome: Outcome | None) -> dict[str, object]:
    if outcome is None:
        return {"name": action, "done": 0, "journal": None, "left": []}
    journal = None if outcome.journal is None else str(outcome.journal)
    left = [failure.__dict__ for failure in outcome.left]
    return {"name": action, "done": outcome.done, "journal": journal, "left": left}


def _show(found: Duplicates, *, written: bool) -> None:
    from copytrace.pipelines.results import counted

    terminal.result(
        f"{found.copies:,} of {found.pictures:,} images {'is a copy' if found.copies == 1 else 'are copies'} of one "
        f"to keep ({terminal.size_of(found.bytes)}); {counted(len(found.groups), 'group', 'groups')}"
    )
    if found.groups:
        _show_groups(found)
    if len(found.groups) > SHOWN:
        how = "" if written else "; list all with -o FILE"
        terminal.say(f"... and {len(found.groups) - SHOWN:,} more groups{how}")


def _show_groups(found: Duplicates) -> None:
    from copytrace.matching import percent

    columns = [
        Column("image"),
        *(Column(heading, right=True) for heading in ("pixels", "size", "probability")),
        Column("kind"),
    ]
    table: list[Row] = []
    for group in islice(found.groups, SHOWN):
        rows = [(group.kept, "", Cell("keep", "green"))]
        rows += [
            (each.picture, percent(each.judgement.probability), Cell(each.kind)) for each in group.members
        ]
        for picture, probability, kind in rows:
            facts = picture.facts
            pixels, size = f"{facts.width} x {facts.height}", terminal.size_of(facts.bytes)
            name = Cell(picture.name, link=str(picture.path or ""))
            table.append((name, Cell(pixels), Cell(size), Cell(probability), kind))
        table.append(())
    show_table(columns, table[:-1])
