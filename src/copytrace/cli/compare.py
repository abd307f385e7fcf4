"""`copytrace compare`: check whether one image is a copy of another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from copytrace.cli import options, terminal
from copytrace.engines import limit_library_threads
from copytrace.files import check_output, whole_file

EXIT_CODES = {"copy": 0, "probable": 0, "same_scene": 4, "unclear": 4, "none": 5}


def compare(
    query: Annotated[Path, typer.Argument(metavar="IMAGE", help="The image that may be a copy.")],
    reference: Annotated[Path, typer.Argument(metavar="ORIGINAL", help="The image it may be a copy of.")],
    *,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", metavar="OUT.png", help="Draw both images, and one laid over the other."),
    ] = None,
    prior: options.PriorOption = 0.01,
    replace: options.ReplaceOption = False,
    as_json: terminal.Json = False,
) -> None:
    """Check whether one image is a copy of another, and what was changed.

    Exit codes: 0 copy or probably a copy, 4 cannot tell or same scene, 5 no copy.

    Examples:
        copytrace compare photo.jpg original.jpg
        copytrace compare photo.jpg original.jpg --picture match.png
    """
    check_output(picture, replace=replace, inputs=[query, reference])
    limit_library_threads()
    from copytrace.pipelines.compare import compare as compare_pictures

    found = compare_pictures(query, reference, prior=prior)
    if picture is not None:
        with whole_file(picture) as file:
            found.draw().save(file, "PNG")
    terminal.result_json(found.to_dict()) if as_json else terminal.result(found.summary())
    if picture is not None:
        terminal.say(f"picture: {picture}")
    raise typer.Exit(EXIT_CODES[found.judgement.verdict])
