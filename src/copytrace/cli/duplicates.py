"""`copytrace duplicates`: which pictures of a collection are copies of one another, and what to do with them."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from copytrace.cli import options, terminal
from copytrace.cli.failures import check_failures_file, tell_failures
from copytrace.engines import limit_library_threads
from copytrace.errors import InputError
from copytrace.files import check_distinct, check_output, check_output_folder

if TYPE_CHECKING:
    from rich.table import Table

    from copytrace.deduplication import Action, Duplicates, Outcome, Plan

SHOWN = 10
"""Groups that are printed; a file or a report holds them all."""


def duplicates(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE", help="A folder, a list, tar files or a URL; a descriptor set; or a library."
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
            help="Which picture of a group to keep. [b]best[/]: most pixels, then the largest file, then the earliest "
            "EXIF date. A picture with its RAW file comes first.",
        ),
    ] = "best",
    action: Annotated[
        Literal["list", "hardlink", "move", "trash"],
        typer.Option(
            "--action",
            help="What to do with copies. [b]hardlink[/]: have identical files share one place on the disk. "
            "[b]move[/]: to the folder --to. [b]trash[/]: to the trash of the desktop.",
        ),
    ] = "list",
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="Where --action move puts the copies.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before the action.")] = False,
    journal: Annotated[
        Path | None,
        typer.Option(
            "--journal",
            metavar="FILE",
            help="Where the action is written down, for --undo; by default duplicates-DATE.jsonl.",
        ),
    ] = None,
    undo: Annotated[
        Path | None, typer.Option("--undo", metavar="JOURNAL", help="Take back an action; needs no SOURCE.")
    ] = None,
    prior: options.PriorOption = 0.01,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold", metavar="P", help="Probability from which a pair is a copy; 0.5 by default."
        ),
    ] = None,
    images: Annotated[
        str | None,
        typer.Option(
            "--images", metavar="IMAGES", help="The pictures of a descriptor set, if they have moved."
        ),
    ] = None,
    model: options.ModelOption = None,
    quality: options.QualityOption = None,
    background: options.BackgroundOption = None,
    workers: options.WorkersOption = None,
    threads: options.ThreadsOption = None,
    memory: options.MemoryOption = None,
    strict: options.StrictOption = False,
    failures: options.FailuresOption = None,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Find pictures that are copies of one another; link, move or trash all but the best."""
    if undo is not None:
        _undo(undo, source, as_json=as_json)
        return
    if source is None:
        raise InputError(
            "Name the pictures: a folder, a descriptor set or a library; or a journal: --undo JOURNAL"
        )
    _check_action(source, action, to, yes=yes, as_json=as_json)
    inputs = (source, background, images)
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
        source,
        model=model,
        quality=quality,
        background=background,
        images=images,
        prior=prior,
        threshold=threshold,
        keep=keep,
        resume_beside=output,
        workers=workers,
        threads=threads,
        memory=memory,
        strict=strict,
        progress=progress,
    )
    if output is not None:
        write_groups(output, found)
    if report is not None:
        report_duplicates(found, report, replace=replace, workers=workers, progress=progress)
    if not as_json:
        _show(found, written=output is not None)
    outcome = None if action == "list" else _act(plan(found, action, to), action, journal, yes=yes)
    if as_json:
        terminal.result_json(found.to_dict() | {"action": _outcome_json(action, outcome)})
    for path, what in ((output, "all groups"), (report and report / "index.html", "the report")):
        if path is not None:
            terminal.say(f"{what}: {path}")
    tell_failures([*found.failures, *(outcome.left if outcome else ())], failures)


def _check_action(source: str, action: Action, to: Path | None, *, yes: bool, as_json: bool) -> None:
    """Refuse an action that lacks something before the work."""
    if (action == "move") != (to is not None):
        raise InputError("--action move and --to DIR go together: the folder that copies are moved to.")
    if to is not None and to.exists() and not to.is_dir():
        raise InputError(f"{to}: is a file; expected a folder to move copies to.")
    if to is not None and to.resolve().is_relative_to(Path(source).resolve()):
        raise InputError(f"{to}: is in {source}, where the copies would be found again. Name another folder.")
    if action != "list" and not yes and (as_json or not _someone_is_there()):
        raise InputError(f"--action {action} asks first, and nobody can answer here. To go ahead, add --yes.")


def _someone_is_there() -> bool:
    import sys

    return sys.stdin.isatty()


def _act(planned: Plan, action: Action, journal: Path | None, *, yes: bool) -> Outcome | None:
    """Ask, and do what was planned."""
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
        terminal.say(
            f"{done.done:,} copies done. To take this back: copytrace duplicates --undo {done.journal}"
        )
    return done


def _undo(journal: Path, source: str | None, *, as_json: bool) -> None:
    from copytrace.deduplication import undo

    if source is not None:
        raise InputError("--undo takes a journal alone; leave out the pictures.")
    back, left = undo(journal)
    if as_json:
        terminal.result_json({"restored": back, "failures": [failure.__dict__ for failure in left]})
    else:
        terminal.result(f"{back:,} files are back in their places")
    tell_failures(left, None, what="file", fate="could not be put back")


def _outcome_json(action: Action, outcome: Outcome | None) -> dict[str, object]:
    if outcome is None:
        return {"name": action, "done": 0, "journal": None, "left": []}
    journal = None if outcome.journal is None else str(outcome.journal)
    left = [failure.__dict__ for failure in outcome.left]
    return {"name": action, "done": outcome.done, "journal": journal, "left": left}


def _show(found: Duplicates, *, written: bool) -> None:
    terminal.result(
        f"{found.copies:,} of {found.pictures:,} pictures are copies of one that is kept "
        f"({terminal.size_of(found.bytes)}); {len(found.groups):,} groups"
    )
    if found.groups:
        terminal.result(_table(found))
    if len(found.groups) > SHOWN:
        how = "" if written else "; -o FILE writes them all"
        terminal.say(f"... and {len(found.groups) - SHOWN:,} more groups{how}")


def _table(found: Duplicates) -> Table:
    from rich.table import Table
    from rich.text import Text

    from copytrace.matching import percent

    table = Table(box=None, pad_edge=False)
    table.add_column("picture", overflow="fold")
    for name in ("pixels", "size", "probability"):
        table.add_column(name, justify="right")
    table.add_column("kind")
    for group in islice(found.groups, SHOWN):
        rows = [(group.kept, "", "[green]keep[/]")]
        rows += [(each.picture, percent(each.judgement.probability), each.kind) for each in group.members]
        for picture, probability, kind in rows:
            facts = picture.facts
            size = terminal.size_of(facts.bytes)
            table.add_row(Text(picture.name), f"{facts.width} x {facts.height}", size, probability, kind)
        table.add_section()
    return table
