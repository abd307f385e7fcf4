"""Options that several verbs share."""

from __future__ import annotations

from typing import Annotated

import typer

HostOption = Annotated[
    str | None,
    typer.Option(
        "--host",
        metavar="ADDRESS",
        help="Address of the site. Default: $COPYTRACE_HOST, or the site you logged in to.",
    ),
]
TokenOption = Annotated[
    str | None,
    typer.Option("--token", help="API token, instead of the one from your login. $COPYTRACE_TOKEN is safer."),
]
ChallengeOption = Annotated[str, typer.Option("--challenge", "-c", help="Challenge name.")]
TrackOption = Annotated[str, typer.Option("--track", "-t", help="Track name.")]
PhaseOption = Annotated[str, typer.Option("--phase", "-p", help="Phase name.")]
