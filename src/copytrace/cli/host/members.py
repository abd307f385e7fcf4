"""`copytrace host change-team`: what an organiser does to the members of teams."""

from __future__ import annotations

from typing import Annotated

import typer

from copytrace.cli import terminal
from copytrace.cli.host.site import DataOption, open_site
from copytrace.errors import InputError


def change_team(
    challenge: Annotated[str, typer.Argument(metavar="CHALLENGE", help="Challenge name.")],
    username: Annotated[str, typer.Argument(metavar="NAME", help="Username of the participant.")],
    *,
    to: Annotated[
        str,
        typer.Option("--to", metavar="TEAM", help="New team. Omit to leave none."),
    ] = "",
    reason: Annotated[str, typer.Option("--reason", help="Reason, recorded in the audit log.")],
    data: DataOption = None,
) -> None:
    """Move a participant to another team. Their attempts so far count there too.

    Examples:
        copytrace host change-team isc2021 ada --to turing --reason 'Asked by e-mail'
        copytrace host change-team isc2021 ada --reason 'Left the team'
    """
    open_site(data)
    from copytrace.hosting.models import Account
    from copytrace.hosting.services import challenges, participation

    row = challenges.find(challenge)
    account = Account.objects.filter(username=username, participations__challenge=row).first()
    if account is None:
        raise InputError(f"No participant named {username!r} in {challenge}.")
    team = challenges.find_team(row, to) if to else None
    participation.change_team(row, account, team, reason)
    terminal.result(f"{username} is now in {f'team {to}' if to else 'no team'}")
