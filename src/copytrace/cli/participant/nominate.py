"""`copytrace nominate`: freeze code and model of a scored submission for the next phase."""

from __future__ import annotations

from typing import Annotated

import typer

from copytrace.cli import terminal
from copytrace.cli.participant.options import ChallengeOption, HostOption, TokenOption


def nominate(
    submission: Annotated[
        int, typer.Argument(metavar="SUBMISSION", help="Its number; see: copytrace submissions")
    ],
    *,
    challenge: ChallengeOption,
    label: Annotated[str, typer.Option("--label", help="What you call this model.")],
    code: Annotated[str, typer.Option("--code", metavar="FILE", help="The code's archive, or its SHA-256.")],
    weights: Annotated[str, typer.Option("--weights", metavar="FILE", help="The weights, or their SHA-256.")],
    host: HostOption = None,
    token: TokenOption = None,
    as_json: terminal.Json = False,
) -> None:
    """Name an End Phase 1 submission: its code and model stay as they are for the next phase."""
    from copytrace.cli.participant.digests import digest_of
    from copytrace.client import known_host

    body = {
        "submission": submission,
        "label": label,
        "code_sha256": digest_of(code),
        "weights_sha256": digest_of(weights),
    }
    found = known_host(host, token).post("challenges", challenge, "nominations", body=body)
    if as_json:
        terminal.result_json(found)
        return
    terminal.result(f"entry {found['label']}: submission {found['submission']} is frozen")
    if found["reference_sha256"]:
        terminal.say(f"digest of its references: {found['reference_sha256']}")
