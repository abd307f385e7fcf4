"""`copytrace fit-background`: fit the normalisation of a model's scores."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copytrace.cli import options, terminal
from copytrace.cli.failures import check_failures_file, tell_failures
from copytrace.files import check_distinct

if TYPE_CHECKING:
    from copytrace.descriptors import Normalisation


def fit_background(
    photos: Annotated[
        str,
        typer.Argument(
            metavar="PHOTOS",
            help="Photographs like those you will search, but no queries or references.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="BANK.npz", help="Background file to write.")
    ],
    *,
    model: options.ModelOption = None,
    quality: options.QualityOption = None,
    size: Annotated[
        int | None,
        typer.Option("--size", metavar="N", min=1, help="Limit of photographs in the bank. Default: 4,096."),
    ] = None,
    weight: Annotated[
        float | None,
        typer.Option(
            "--weight", metavar="W", help="Weight of the similarity to the background. Default: the model's."
        ),
    ] = None,
    ranks: Annotated[
        str | None,
        typer.Option(
            "--ranks", metavar="FIRST:LAST", help="Neighbours to use, such as 0:3 for the nearest three."
        ),
    ] = None,
    negatives: Annotated[
        str | None,
        typer.Option(
            "--negatives",
            metavar="FOLDER",
            help="Images that were wrongly called copies. Get them with `copytrace library decisions`.",
        ),
    ] = None,
    ids: options.IdsOption = "auto",
    workers: options.WorkersOption = None,
    failures: options.FailuresOption = None,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Fit a background, which makes matching stricter for generic-looking images.

    Examples:
        copytrace fit-background photos/ -o bank.npz
        copytrace fit-background photos/ -o bank.npz --negatives not-copies/
    """
    from copytrace.descriptors import DEFAULT, DEFAULT_QUALITY, descriptor_card
    from copytrace.pipelines.fit_background import SIZE
    from copytrace.pipelines.fit_background import fit_background as fit

    check_distinct(output, failures)
    check_failures_file(failures, replace=replace, inputs=[photos, negatives])
    chosen, at = model or DEFAULT, quality or DEFAULT_QUALITY
    fitted = fit(
        photos,
        output,
        model=chosen,
        quality=at,
        size=size or SIZE,
        normalisation=_normalisation(descriptor_card(chosen, at).normalisation, weight, ranks),
        negatives=negatives,
        ids=ids,
        workers=workers,
        replace=replace,
        progress=terminal.TerminalProgress(),
    )
    if as_json:
        terminal.result_json(
            asdict(fitted)
            | {"output": str(fitted.output), "failures": [failure.__dict__ for failure in fitted.failures]}
        )
    else:
        projected = f", projected from {fitted.projected_from:,}" if fitted.projected_from else ""
        terminal.result(
            f"{fitted.output}: a background of {fitted.images:,} photographs for {fitted.model} "
            f"(quality {fitted.quality}), {fitted.dims} dimensions{projected}"
        )
        terminal.say(
            f"Use it: copytrace describe IMAGES -o SET.h5 --model {chosen} --background {fitted.output}"
        )
    tell_failures(fitted.failures, failures, fatal=False)


def _normalisation(known: Normalisation | None, weight: float | None, ranks: str | None) -> Normalisation:
    """The settings of the model's card, overridden by the options."""
    from copytrace.descriptors import Normalisation

    chosen = known or Normalisation()
    if weight is not None:
        if weight <= 0:
            raise typer.BadParameter("Expected a number above 0.", param_hint="--weight")
        chosen = replace(chosen, weight=weight)
    if ranks is not None:
        first, colon, last = ranks.partition(":")
        if not (colon and first.isdecimal() and last.isdecimal() and int(first) < int(last)):
            raise typer.BadParameter(
                f"'{ranks}' is not a range. Expected FIRST:LAST, such as 0:3.", param_hint="--ranks"
            )
        chosen = replace(chosen, first=int(first), last=int(last))
    return chosen
