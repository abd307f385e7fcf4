"""`copytrace submissions` and `copytrace leaderboard`: where one stands."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from copytrace.cli import terminal
from copytrace.cli.participant.options import HostOption, PhaseOption, TokenOption, TrackOption
from copytrace.cli.tables import Column, show_table

ChallengeArgument = Annotated[str, typer.Argument(metavar="CHALLENGE", help="Challenge name.")]


def submissions(
    challenge: ChallengeArgument,
    *,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=100, help="Number of submissions to show.")
    ] = 20,
    host: HostOption = None,
    token: TokenOption = None,
    as_json: terminal.Json = False,
) -> None:
    """List your team's submissions, latest first.

    Examples:
        copytrace submissions isc2021
        copytrace submissions isc2021 --limit 100 --json
    """
    from copytrace.client import known_host

    found = known_host(host, token).get("challenges", challenge, "submissions", limit=limit)["items"]
    if as_json:
        terminal.result_json(found)
        return
    rows = []
    for one in found:
        run = one["run"] or {}
        scores = (
            f"{run[board]['micro_ap']:.5f}" if run.get(board) else "-" for board in ("public", "private")
        )
        received = (one["received_at"] or "-")[:19].replace("T", " ")
        rows.append(
            (str(one["id"]), one["phase"], one["track"], one["filename"], one["state"], *scores, received)
        )
    columns: list[Column | str] = [
        Column("number", right=True),
        *("phase", "track", "file", "state"),
        Column("public micro-AP", right=True),
        Column("private", right=True),
        "received (UTC)",
    ]
    show_table(columns, rows)


def leaderboard(
    challenge: ChallengeArgument,
    *,
    track: TrackOption,
    phase: PhaseOption,
    board: Annotated[
        Literal["public", "private"], typer.Option("--board", help="Part of the queries to show scores for.")
    ] = "public",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Number of ranks to show.")] = 20,
    host: HostOption = None,
    token: TokenOption = None,
    as_json: terminal.Json = False,
) -> None:
    """Show a leaderboard.

    Examples:
        copytrace leaderboard isc2021 --track matching --phase phase-1
        copytrace leaderboard isc2021 --track descriptor --phase phase-1 --limit 3
    """
    from copytrace.client import known_host

    place = ("challenges", challenge, "tracks", track, "phases", phase, "leaderboard")
    found = known_host(host, token).get(*place, board=board, limit=limit)
    if as_json:
        terminal.result_json(found)
        return
    if not found["visible"]:
        terminal.result(found["note"])
        return
    rows = []
    for one in found["places"]:
        recall = "-" if one["recall_at_p90"] is None else f"{one['recall_at_p90']:.5f}"
        rows.append((str(one["rank"]), one["team"], f"{one['score']:.5f}", recall, str(one["submissions"])))
    numbers = [Column(heading, right=True) for heading in ("micro-AP", "recall@P90", "submissions")]
    show_table([Column("rank", right=True), "team", *numbers], rows)
