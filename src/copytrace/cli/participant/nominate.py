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
        int, typer.Argument(metavar="SUBMISSION", help="Submission number, from: copytrace submissions")
    ],
    *,
    challenge: ChallengeOption,
    label: Annotated[str, typer.Option("--label", help="Your name for this model.")],
    code: Annotated[str, typer.Option("--code", metavar="FILE", help="Code archive, or its SHA-256.")] = "",
    weights: Annotated[
        str, typer.Option("--weights", metavar="FILE", help="Model weights, or their SHA-256.")
    ] = "",
    archive: Annotated[
        Path | None,
        typer.Option(
            "--archive",
            metavar="FILE",
            help="Code archive to upload; it must contain the weights unless --weights is given.",
        ),
    ] = None,
    host: HostOption = None,
    token: TokenOption = None,
    as_json: terminal.Json = False,
) -> None:
    """Nominate a scored submission for the next phase. Its code and model are frozen.

    Give the digests of both (--code, --weights), or upload an archive (--archive) and the host computes the digest.

    Examples:
        copytrace nominate 17 --challenge isc2021 --label final --archive code.tar.gz
        copytrace nominate 17 -c isc2021 --label final --code c.tgz --weights m.onnx
    """
    from copytrace.cli.participant.digests import digest_of
    from copytrace.client import known_host

    if archive is None and not (code and weights):
        raise InputError(
            "Give --code and --weights (files or their SHA-256), or upload both with --archive FILE"
        )
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
    terminal.result(f"nominated submission {found['submission']} as {found['label']}")
    if found["reference_sha256"]:
        terminal.say(f"SHA-256 of the references: {found['reference_sha256']}")
    terminal.say(f"SHA-256 of the code:    {found['code_sha256']}")
    terminal.say(f"SHA-256 of the weights: {found['weights_sha256']}")


def _with_archive(host: Host, archive: Path, place: tuple[str, ...], body: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Upload the archive, and nominate with it."""
    from copytrace.client import forget, resume_or_begin, send

    if not archive.is_file():
        raise InputError(f"{archive}: file not found.")
    upload = resume_or_begin(host, archive, "archive")
    send(host, archive, upload, progress=terminal.TerminalProgress())
    found = host.post(*place, body={**body, "archive": upload})
    forget(host, archive, "archive")
    return found
