"""`copytrace find`: find which references were copied."""

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
            metavar="QUERIES",
            help="Your images: an image, folder, list (.txt), tar files, URL or descriptor set.",
        ),
    ],
    references: Annotated[
        str, typer.Argument(metavar="REFERENCES", help="The library to search: the same kinds.")
    ],
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="MATCHES.csv", help="Write all matches.")
    ] = None,
    paths: Annotated[
        bool,
        typer.Option(
            "--paths",
            help="Add columns query_file and reference_file to MATCHES.csv. Leave out for a submission.",
        ),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="DIR", help="Write a page that shows matches side by side."),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(
            "--truth",
            metavar="TRUTH.csv",
            help="Mark true and false matches in the report, and show the worst errors.",
        ),
    ] = None,
    recipe: Annotated[
        Path | None,
        typer.Option(
            "--recipe", metavar="RECIPE.jsonl", help="Show in the report how each query was edited."
        ),
    ] = None,
    query_images: Annotated[
        str | None,
        typer.Option(
            "--query-images",
            metavar="IMAGES",
            help="Where the images of QUERIES are, if that is a set and they have moved.",
        ),
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
            help="Probabilities for this model, from `copytrace fit-verdict`.",
        ),
    ] = None,
    threshold: options.ThresholdOption = None,
    precision: Annotated[
        float | None,
        typer.Option(
            "--precision",
            metavar="P",
            help="Choose the threshold so that this share of likely copies is expected to be right, such as 0.9.",
        ),
    ] = None,
    seconds_per_query: Annotated[
        float | None,
        typer.Option(
            "--seconds-per-query",
            metavar="S",
            min=0,
            help="Time limit for the candidates of each query. Default: none.",
        ),
    ] = None,
    scores: Annotated[
        bool, typer.Option("--scores", help="Also show likelihood ratios and vector distances.")
    ] = False,
    max_results: Annotated[
        int | None,
        typer.Option(
            "--max-results",
            metavar="N",
            min=1,
            help="Keep the N best pairs. Default: 10 per query on average.",
        ),
    ] = None,
    per_query: Annotated[
        int | None,
        typer.Option("--per-query", metavar="K", min=1, help="Keep the K best references of each query."),
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
    """Find which library images your images were copied from.

    For a single image, says whether it is a copy. Edited copies are found too: cropped, recoloured, with text or
    stickers, mirrored, or pasted into another image.

    Examples:
        copytrace find suspects/ library/
        copytrace find photo.jpg library.h5 --report report -o matches.csv --paths
    """
    limit_library_threads()
    from copytrace.pipelines.find_copies import find_copies

    chosen = options.engine_of(engine, workers=workers, address=address, slots=slots, ship=ship)
    inputs = (queries, references, background, card, truth, recipe, query_images, reference_images)
    check_distinct(output, failures, report)
    check_output(output, replace=replace, inputs=inputs)
    check_failures_file(failures, replace=replace, inputs=inputs)
    if paths and output is None:
        raise InputError("--paths adds columns to a file. Name it: -o MATCHES.csv")
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
        paths=paths,
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
        for path, what in ((output, "matches"), (report and report / "index.html", "report")):
            if path is not None:
                terminal.say(f"{what}: {path}")
    tell_failures(found.failures, failures, fatal=strict)


def _check_report(report: Path | None, truth: Path | None, recipe: Path | None) -> None:
    """Refuse options of the report before the work starts."""
    for option, path in (("--truth", truth), ("--recipe", recipe)):
        if path is not None and report is None:
            raise InputError(f"{option} needs a report to show it in. Add --report DIR")
        if path is not None and not path.is_file():
            raise InputError(f"{path}: no such file. Check the path of {option}.")
