"""`copytrace submit`: check a file, upload it, and follow it to its score."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copytrace.cli import terminal
from copytrace.cli.participant.options import (
    ChallengeOption,
    HostOption,
    PhaseOption,
    TokenOption,
    TrackOption,
)
from copytrace.errors import CopytraceError, InputError, SubmissionError

if TYPE_CHECKING:
    from copytrace.client import Host

POLL_SECONDS = 1.0
OVER = {"scored", "refused", "failed"}


def submit(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Matches (CSV) or descriptors (HDF5).")],
    *,
    challenge: ChallengeOption,
    track: TrackOption,
    phase: PhaseOption,
    entry: Annotated[
        str, typer.Option("--entry", metavar="LABEL", help="Label of the nominated entry.")
    ] = "",
    queries_only: Annotated[
        bool,
        typer.Option("--queries-only", help="Submit queries only; references come from the nominated entry."),
    ] = False,
    attest: Annotated[
        list[str] | None,
        typer.Option(
            "--attest", metavar="NAME", help="Attestation to confirm; repeat for each, or use 'all'."
        ),
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", help="Reason for another entry: another-model or earlier-invalid.")
    ] = "",
    code: Annotated[
        str, typer.Option("--code", metavar="FILE", help="Nominated code archive, or its SHA-256.")
    ] = "",
    weights: Annotated[
        str,
        typer.Option(
            "--weights",
            metavar="FILE",
            help="Nominated weights, or their SHA-256. Default: in the code archive.",
        ),
    ] = "",
    follow: Annotated[bool, typer.Option("--follow/--no-follow", help="Wait for the score.")] = True,
    host: HostOption = None,
    token: TokenOption = None,
    as_json: terminal.Json = False,
) -> None:
    """Submit a file to a challenge. Checks it locally first, then uploads it and waits for the score.

    If the upload is interrupted, run the same command to resume it.

    Examples:
        copytrace submit matches.csv -c isc2021 --track matching --phase phase-1
        copytrace submit run.h5 -c isc2021 --track descriptor --phase p1 --no-follow
    """
    from copytrace.cli.participant.digests import digest_of
    from copytrace.client import forget, known_host, resume_or_begin, send

    if not file.is_file():
        raise InputError(f"{file}: file not found.")
    asked = known_host(host, token)
    found = asked.get("challenges", challenge)
    _check(asked, file, found, track, phase, queries_only=queries_only)
    purpose = f"submission to {challenge}/{phase}/{track} {entry} {reason}"
    upload = resume_or_begin(asked, file, purpose)
    body: dict[str, Any] = {
        "upload": upload,
        "track": track,
        "phase": phase,
        "entry": entry,
        "attest": sorted(found["attestations"]) if attest == ["all"] else attest or [],
        "queries_only": queries_only,
        "reason": reason,
        "code_sha256": digest_of(code),
        "weights_sha256": digest_of(weights or code),
    }
    submission = asked.post("challenges", challenge, "submissions", body=body)
    send(asked, file, upload, progress=terminal.TerminalProgress())
    forget(asked, file, purpose)
    terminal.say(f"uploaded submission {submission['id']}")
    submission = _followed(asked, submission["id"]) if follow else asked.get("submissions", submission["id"])
    _show(submission, as_json=as_json)


def _check(
    host: Host, file: Path, challenge: dict[str, Any], track: str, phase: str, *, queries_only: bool
) -> None:
    """Check the file as the host will."""
    from copytrace.submissions import check_submission

    kinds = {found["slug"]: found["kind"] for found in challenge["tracks"]}
    if track not in kinds:
        raise InputError(f"{challenge['slug']} has no track {track!r}; its tracks are {', '.join(kinds)}.")
    where = ("challenges", challenge["slug"], "phases", phase)
    report = check_submission(
        file,
        queries=host.lines(*where, "queries"),
        references=host.lines(*where, "references"),
        track=kinds[track],
        queries_only=queries_only,
    )
    if not report.valid:
        raise SubmissionError(report.faults)


def _followed(host: Host, number: int) -> dict[str, Any]:
    """Wait until the submission is scored or refused, and tell what happens meanwhile."""
    told = ""
    while True:
        submission: dict[str, Any] = host.get("submissions", number)
        words = _words(submission)
        if words != told:
            terminal.say(words)
            told = words
        if submission["state"] in OVER:
            return submission
        time.sleep(POLL_SECONDS)


def _words(submission: dict[str, Any]) -> str:
    words = f"submission {submission['id']} is {submission['state']}"
    if submission["queue_position"] is not None:
        return f"{words}, number {submission['queue_position']} in the queue"
    run = submission["run"]
    if run and 0 < run["share_done"] < 1:
        left = f", about {run['seconds_left']:.0f} s left" if run["seconds_left"] else ""
        return f"{words}: {run['share_done']:.0%}{left}"
    return words


def _show(submission: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        terminal.result_json(submission)
    if submission["state"] == "refused":
        raise SubmissionError(submission["faults"])
    if submission["state"] == "failed":
        raise CopytraceError(
            f"The host could not score submission {submission['id']}. This does not use an attempt; the organisers"
            " can see the error and retry."
        )
    if as_json:
        return
    run = submission["run"] or {}
    for board in ("public", "private"):
        if measures := run.get(board):
            terminal.result(f"{board} micro-AP {measures['micro_ap']:.5f}")
    if submission["state"] == "scored" and not run.get("public"):
        terminal.result(
            f"submission {submission['id']} is scored; the score stays hidden until it is revealed"
        )
