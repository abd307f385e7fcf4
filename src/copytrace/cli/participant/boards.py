"""`copytrace submissions` and `copytrace leaderboard`: where one stands."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from copytrace.cli import terminal
from copytrace.cli.participant.options import HostOption, PhaseOption, TokenOption, TrackOption

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
    """List your team's submissions, latest first."""
    from rich.table import Table

    from copytrace.client import known_host

    found = known_host(host, token).get("challenges", challenge, "submissions", limit=limit)["items"]
    if as_json:
        terminal.result_json(found)
        return
    table = Table(box=None, pad_edge=False)
    for column in (
        "number",
        "phase",
        "track",
        "file",
        "state",
        "public micro-AP",
        "private",
        "received (UTC)",
    ):
        table.add_column(
            column, justify="right" if column in {"number", "public micro-AP", "private"} else "left"
        )
    for one in found:
        run = one["run"] or {}
        scores = (
            f"{run[board]['micro_ap']:.5f}" if run.get(board) else "-" for board in ("public", "private")
        )
        received = (one["received_at"] or "-")[:19].replace("T", " ")
        table.add_row(
            str(one["id"]), one["phase"], one["track"], one["filename"], one["state"], *scores, received
        )
    terminal.result(table)


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
    """Show a leaderboard."""
    from rich.table import Table

    from copytrace.client import known_host

    place = ("challenges", challenge, "tracks", track, "phases", phase, "leaderboard")
    found = known_host(host, token).get(*place, board=board, limit=limit)
    if as_json:
        terminal.result_json(found)
        return
    if not found["visible"]:
        terminal.result(found["note"])
        return
    table = Table(box=None, pad_edge=False)
    for column in ("rank", "team", "micro-AP", "recall@P90", "submissions"):
        table.add_column(column, justify="left" if column == "team" else "right")
    for one in found["places"]:
        recall = "-" if one["recall_at_p90"] is None else f"{one['recall_at_p90']:.5f}"
        table.add_row(str(one["rank"]), one["team"], f"{one['score']:.5f}", recall, str(one["submissions"]))
    terminal.result(table)
