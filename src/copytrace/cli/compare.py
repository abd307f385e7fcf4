"""`copytrace compare`: is one picture a copy of another, and what was done to it?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from copytrace.cli import options, terminal
from copytrace.engines import limit_library_threads
from copytrace.files import check_output, whole_file

EXIT_CODES = {"copy": 0, "probable": 0, "same_scene": 4, "unclear": 4, "none": 5}


def compare(
    query: Annotated[Path, typer.Argument(metavar="PICTURE", help="The picture that may be a copy.")],
    reference: Annotated[
        Path, typer.Argument(metavar="ORIGINAL", help="The picture that it may be a copy of.")
    ],
    *,
    picture: Annotated[
        Path | None,
        typer.Option(
            "--picture", metavar="OUT.png", help="Draw both pictures and how one lies in the other."
        ),
    ] = None,
    prior: options.PriorOption = 0.01,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Tell whether one picture is a copy of another, how probable that is, and what was done to it.

    Exit codes: 0 a copy or probably one, 4 cannot tell or the same scene, 5 no copy.
    """
    check_output(picture, replace=replace, inputs=[query, reference])
    limit_library_threads()
    from copytrace.pipelines.compare import compare as compare_pictures

    found = compare_pictures(query, reference, prior=prior)
    if picture is not None:
        with whole_file(picture) as file:
            found.draw().save(file, "PNG")
    terminal.result_json(found.to_dict()) if as_json else terminal.result(found.summary())
    raise typer.Exit(EXIT_CODES[found.judgement.verdict])
