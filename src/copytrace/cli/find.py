"""`copytrace find`: which queries derive from which references."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from copytrace.cli import options, terminal
from copytrace.cli.failures import check_failures_file, tell_failures
from copytrace.cli.found import found_json, show_found
from copytrace.engines import limit_library_threads
from copytrace.errors import InputError
from copytrace.files import check_distinct, check_output, check_output_folder


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
    verify: options.VerifyOption = True,
    effort: options.EffortOption = None,
    prior: options.PriorOption = 0.01,
    card: Annotated[
        Path | None,
        typer.Option(
            "--card",
            metavar="CARD.json",
            help="Probabilities fitted to another model by copytrace fit-verdict.",
        ),
    ] = None,
    threshold: options.ThresholdOption = None,
    precision: Annotated[
        float | None,
        typer.Option(
            "--precision",
            metavar="P",
            help="The share of copies to expect among the likely copies, such as 0.9.",
        ),
    ] = None,
    seconds_per_query: Annotated[
        float | None,
        typer.Option(
            "--seconds-per-query",
            metavar="S",
            min=0,
            help="Time to compare a query with its candidates; no limit by default.",
        ),
    ] = None,
    scores: Annotated[
        bool, typer.Option("--scores", help="Show likelihood ratios and distances of vectors too.")
    ] = False,
    max_results: Annotated[
        int | None,
        typer.Option(
            "--max-results", min=1, help="The best pairs over all queries; 10 x queries by default."
        ),
    ] = None,
    per_query: Annotated[
        int | None, typer.Option("--per-query", metavar="K", min=1, help="Each query's K best references.")
    ] = None,
    ids: options.IdsOption = "auto",
    device: options.DeviceOption = "cpu",
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
    """Find the references that queries derive from; for a single image, say whether it is a copy."""
    limit_library_threads()
    from copytrace.pipelines.find_copies import find_copies

    chosen = options.engine_of(engine, workers=workers, address=address, slots=slots, ship=ship)
    inputs = (queries, references, background, card, truth, recipe, query_images, reference_images)
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
        verify=verify,
        effort=effort,
        prior=prior,
        card=card,
        threshold=threshold,
        precision=precision,
        max_results=max_results,
        per_query=per_query,
        query_images=query_images,
        reference_images=reference_images,
        seconds_per_query=seconds_per_query,
        output=output,
        ids=ids,
        device=device,
        engine=chosen,
        threads=threads,
        memory=memory,
        strict=strict,
        progress=progress,
    )
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
    if as_json:
        terminal.result_json(found_json(found))
    else:
        show_found(found, scores=scores, written=output is not None)
        for path, what in ((output, "all matches"), (report and report / "index.html", "the report")):
            if path is not None:
                terminal.say(f"{what}: {path}")
    tell_failures(found.failures, failures)


def _check_report(report: Path | None, truth: Path | None, recipe: Path | None) -> None:
    """Refuse what a report cannot show before the work that it belongs to."""
    for option, path in (("--truth", truth), ("--recipe", recipe)):
        if path is not None and report is None:
            raise InputError(f"find: {option} {path} is shown in a report; give its folder too: --report DIR")
        if path is not None and not path.is_file():
            raise InputError(f"{path}: there is no such file. Check the path of {option}.")
