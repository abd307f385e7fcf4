"""`copytrace find`: which queries derive from which references."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copytrace.cli import options, terminal
from copytrace.cli.failures import check_failures_file, tell_failures
from copytrace.errors import InputError
from copytrace.files import check_distinct, check_output, check_output_folder

if TYPE_CHECKING:
    from copytrace.pipelines.decide import Found

SHOWN = 10
"""Matches that are printed; a file or a report holds them all."""


def find(
    queries: Annotated[
        str,
        typer.Argument(
            metavar="QUERIES", help="An image, a folder, a list, tar files, a URL or a descriptor set."
        ),
    ],
    references: Annotated[
        str, typer.Argument(metavar="REFERENCES", help="The library: a folder, ... or a descriptor set.")
    ],
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="MATCHES.csv", help="Write all matches found.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="DIR", help="Write a page that shows the matches side by side."),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(
            "--truth",
            metavar="TRUTH.csv",
            help="Mark true and false matches in the report, and show the worst mistakes.",
        ),
    ] = None,
    recipe: Annotated[
        Path | None,
        typer.Option(
            "--recipe", metavar="RECIPE.jsonl", help="Say in the report what was done to each query."
        ),
    ] = None,
    query_images: Annotated[
        str | None,
        typer.Option("--query-images", metavar="IMAGES", help="The queries' pictures, if QUERIES is a set."),
    ] = None,
    reference_images: Annotated[
        str | None,
        typer.Option("--reference-images", metavar="IMAGES", help="The same for REFERENCES."),
    ] = None,
    model: options.ModelOption = None,
    quality: options.QualityOption = None,
    background: options.BackgroundOption = None,
    max_results: Annotated[
        int | None,
        typer.Option(
            "--max-results", min=1, help="The best pairs over all queries; 10 x queries by default."
        ),
    ] = None,
    per_query: Annotated[
        int | None, typer.Option("--per-query", metavar="K", min=1, help="Each query's K best references.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option("--threshold", help="Score from which a pair is a likely copy; the model's by default."),
    ] = None,
    ids: options.IdsOption = "auto",
    workers: options.WorkersOption = None,
    threads: options.ThreadsOption = None,
    memory: options.MemoryOption = None,
    strict: options.StrictOption = False,
    failures: options.FailuresOption = None,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Find the references that queries derive from; for a single image, say whether it is a copy."""
    from copytrace.pipelines.find_copies import find_copies

    inputs = (queries, references, background, truth, recipe, query_images, reference_images)
    check_distinct(output, failures, report)
    check_output(output, replace=replace, inputs=inputs)
    check_failures_file(failures, replace=replace, inputs=inputs)
    _check_report(report, truth, recipe)
    if report is not None:
        from copytrace.reports import REPORT_MARK

        check_output_folder(report, REPORT_MARK, replace=replace, inputs=inputs)
    progress = terminal.TerminalProgress()
    found = find_copies(
        queries,
        references,
        model=model,
        quality=quality,
        background=background,
        max_results=max_results,
        per_query=per_query,
        threshold=threshold,
        ids=ids,
        workers=workers,
        threads=threads,
        memory=memory,
        strict=strict,
        progress=progress,
    )
    if output is not None:
        from copytrace.submissions import write_matches

        for images in (found.query_images, found.reference_images):
            if images is not None:
                images.require_apart(output)
        write_matches(output, found.matches)
    if report is not None:
        from copytrace.pipelines.report_matches import report_matches

        report_matches(
            found,
            report,
            replace=replace,
            truth=truth,
            recipe=recipe,
            query_images=query_images,
            reference_images=reference_images,
            ids=ids,
            workers=workers,
            progress=progress,
        )
    _show(found, output, report, as_json=as_json)
    tell_failures(found.failures, failures)


def _check_report(report: Path | None, truth: Path | None, recipe: Path | None) -> None:
    """Refuse what a report cannot show before the work that it belongs to."""
    for option, path in (("--truth", truth), ("--recipe", recipe)):
        if path is not None and report is None:
            raise InputError(f"find: {option} {path} is shown in a report; give its folder too: --report DIR")
        if path is not None and not path.is_file():
            raise InputError(f"{path}: there is no such file. Check the path of {option}.")


def _show(found: Found, output: Path | None, report: Path | None, *, as_json: bool) -> None:
    if as_json:
        terminal.result_json(_as_json(found))
        return
    terminal.result(_verdict(found))
    if len(found.matches):
        _show_table(found, written=output is not None)
    for path, what in ((output, "all matches"), (report and report / "index.html", "the report")):
        if path is not None:
            terminal.say(f"{what}: {path}")


def _verdict(found: Found) -> str:
    """One sentence: for a single query a verdict, otherwise a count."""
    if found.queries == 1:
        if not found.copies:
            return "no copy found"
        return f"likely copy of {found.matches.reference_ids[0]}"
    return (
        f"{found.copies:,} likely copies among the {len(found.matches):,} best pairs "
        f"of {found.queries:,} queries and {found.references:,} references"
    )


def _show_table(found: Found, *, written: bool) -> None:
    from itertools import islice

    from rich.table import Table
    from rich.text import Text

    table = Table("query", "reference", "score", "verdict", box=None, pad_edge=False)
    table.columns[2].justify = "right"
    for match in islice(found.matches, SHOWN):
        verdict = "[green]likely copy[/]" if match.score >= found.threshold else "[dim]no copy[/]"
        # An ID is text: no brackets in it are markup.
        ids = (Text(match.query_id), Text(match.reference_id))
        table.add_row(*ids, f"{match.score:.4g}", verdict)
    terminal.result(table)
    if len(found.matches) > SHOWN:
        how = "" if written else "; -o FILE writes them all"
        terminal.say(f"... and {len(found.matches) - SHOWN:,} more pairs{how}")
    terminal.say(f"likely copy: score >= {found.threshold:g} ({found.model}; {found.threshold_source})")


def _as_json(found: Found) -> dict[str, Any]:
    return {
        "model": found.model,
        "threshold": found.threshold,
        "queries": found.queries,
        "references": found.references,
        "copies": found.copies,
        "matches": [
            match._asdict() | {"likely_copy": match.score >= found.threshold} for match in found.matches
        ],
        "failures": [failure.__dict__ for failure in found.failures],
        "left_out": found.left_out,
    }
