"""Options that several verbs share."""

from __future__ import annotations

from typing import Annotated

import typer

HostOption = Annotated[
    str | None,
    typer.Option(
        "--host", metavar="ADDRESS", help="The host; by default $COPYTRACE_HOST or where you logged in."
    ),
]
TokenOption = Annotated[
    str | None,
    typer.Option("--token", help="Another token than that of your login; $COPYTRACE_TOKEN is safer."),
]
ChallengeOption = Annotated[str, typer.Option("--challenge", "-c", help="The challenge's name.")]
TrackOption = Annotated[str, typer.Option("--track", "-t", help="The track's name.")]
PhaseOption = Annotated[str, typer.Option("--phase", "-p", help="The phase's name.")]
