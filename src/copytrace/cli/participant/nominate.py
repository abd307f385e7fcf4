"""`copytrace nominate`: freeze code and model of a scored submission for the next phase."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copytrace.cli import terminal
from copytrace.cli.participant.options import ChallengeOption, HostOption, TokenOption
from copytrace.errors import InputError

if TYPE_CHECKING:
    from copytrace.client import Host


def nominate(
    submission: Annotated[
        int, typer.Argument(metavar="SUBMISSION", help="Its number; see: copytrace submissions")
    ],
    *,
    challenge: ChallengeOption,
    label: Annotated[str, typer.Option("--label", help="What you call this model.")],
    code: Annotated[
        str, typer.Option("--code", metavar="FILE", help="The code's archive, or its SHA-256.")
    ] = "",
    weights: Annotated[
        str, typer.Option("--weights", metavar="FILE", help="The weights, or their SHA-256.")
    ] = "",
    archive: Annotated[
        Path | None,
        typer.Option(
            "--archive",
            metavar="FILE",
            help="Upload this archive of the code, with the weights unless --weights names them.",
        ),
    ] = None,
    host: HostOption = None,
    token: TokenOption = None,
    as_json: terminal.Json = False,
) -> None:
    """Name an End Phase 1 submission: its code and model stay as they are for the next phase.

    Give the digests of both (--code, --weights), or upload the archive, of which the host computes the digest.
    """
    from copytrace.cli.participant.digests import digest_of
    from copytrace.client import known_host

    if archive is None and not (code and weights):
        raise InputError("Name --code and --weights (files or their SHA-256), or upload both: --archive FILE")
    body = {
        "submission": submission,
        "label": label,
        "code_sha256": digest_of(code),
        "weights_sha256": digest_of(weights),
    }
    asked = known_host(host, token)
    place = ("challenges", challenge, "nominations")
    found = asked.post(*place, body=body) if archive is None else _with_archive(asked, archive, place, body)
    if as_json:
        terminal.result_json(found)
        return
    terminal.result(f"entry {found['label']}: submission {found['submission']} is frozen")
    if found["reference_sha256"]:
        terminal.say(f"digest of its references: {found['reference_sha256']}")
    terminal.say(f"SHA-256 of the code:    {found['code_sha256']}")
    terminal.say(f"SHA-256 of the weights: {found['weights_sha256']}")


def _with_archive(host: Host, archive: Path, place: tuple[str, ...], body: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Upload the archive, and nominate with it."""
    from copytrace.client import forget, resume_or_begin, send

    if not archive.is_file():
        raise InputError(f"{archive}: there is no such file.")
    upload = resume_or_begin(host, archive, "archive")
    send(host, archive, upload, progress=terminal.TerminalProgress())
    found = host.post(*place, body={**body, "archive": upload})
    forget(host, archive, "archive")
    return found
