"""`copytrace host change-team`: what an organiser does to the members of teams."""

from __future__ import annotations

from typing import Annotated

import typer

from copytrace.cli import terminal
from copytrace.cli.host.site import DataOption, open_site
from copytrace.errors import InputError


def change_team(
    challenge: Annotated[str, typer.Argument(metavar="CHALLENGE", help="Its name on the site.")],
    username: Annotated[str, typer.Argument(metavar="NAME", help="The participant's account.")],
    *,
    to: Annotated[str, typer.Option("--to", metavar="TEAM", help="The new team; without it, none.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept in the audit log.")],
    data: DataOption = None,
) -> None:
    """Move a participant to another team; their attempts so far count there too."""
    open_site(data)
    from copytrace.hosting.models import Account
    from copytrace.hosting.services import challenges, participation

    row = challenges.find(challenge)
    account = Account.objects.filter(username=username, participations__challenge=row).first()
    if account is None:
        raise InputError(f"Nobody named {username!r} has joined {challenge}.")
    team = challenges.find_team(row, to) if to else None
    participation.change_team(row, account, team, reason)
    terminal.result(f"{username} is in {f'team {to}' if to else 'no team'} now")
