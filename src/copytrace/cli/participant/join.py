"""`copytrace join`: take part in a challenge, with a team."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from copytrace.cli import terminal
from copytrace.cli.participant.options import HostOption, TokenOption

if TYPE_CHECKING:
    from copytrace.client import Host


def join(
    challenge: Annotated[str, typer.Argument(metavar="CHALLENGE", help="Challenge name.")],
    *,
    country: Annotated[
        str, typer.Option("--country", metavar="CC", help="Country you live in (two letters, ISO 3166).")
    ] = "",
    of_age: Annotated[
        bool,
        typer.Option(
            "--of-age",
            help="Declare that you are of age, and as old as the rules require.",
        ),
    ] = False,
    accept_rules: Annotated[
        str,
        typer.Option("--accept-rules", metavar="VERSION", help="Accept this version of the rules."),
    ] = "",
    team: Annotated[
        str, typer.Option("--team", metavar="NAME", help="Create a team (a team of one is fine).")
    ] = "",
    accept: Annotated[str, typer.Option("--accept", metavar="TEAM", help="Accept a team's invitation.")] = "",
    invite: Annotated[
        str, typer.Option("--invite", metavar="USER", help="Invite a participant to your team.")
    ] = "",
    host: HostOption = None,
    token: TokenOption = None,
    as_json: terminal.Json = False,
) -> None:
    """Join a challenge: accept its rules, then create a team or accept an invitation.

    Without --country, shows the rules and your current status.

    Examples:
        copytrace join isc2021
        copytrace join isc2021 --country CH --of-age --accept-rules 1 --team ada
    """
    from copytrace.client import known_host

    asked = known_host(host, token)
    place = ("challenges", challenge)
    if country:
        declared = {"country": country, "of_age": of_age, "rules_version": accept_rules}
        asked.post(*place, "participation", body=declared)
    elif not (team or accept or invite):
        found = asked.get(*place)
        _show_rules(found)
        if not _takes_part(asked, place):
            terminal.say(
                f"To join: copytrace join {challenge} --country CC --of-age --accept-rules"
                f" {found['rules_version']} --team NAME"
            )
            return
    if team:
        asked.post(*place, "team", body={"name": team})
    if accept:
        asked.post(*place, "team", "acceptance", body={"name": accept})
    if invite:
        asked.post(*place, "team", "invitations", body={"username": invite})
    mine = asked.get(*place, "participation")
    if as_json:
        terminal.result_json(mine)
        return
    where = f"in team {mine['team']}" if mine["team"] else "without a team; create one with --team NAME"
    terminal.result(f"joined {challenge} {where}")
    for name in mine["invitations"]:
        terminal.say(f"You are invited to team {name}: copytrace join {challenge} --accept '{name}'")


def _takes_part(host: Host, place: tuple[str, ...]) -> bool:
    from copytrace.client import HostProblem

    try:
        host.get(*place, "participation")
    except HostProblem as problem:
        if problem.status in NOT_YET:
            return False
        raise
    return True


NOT_YET = {401, 403}
"""What a host answers who has not joined, or not logged in."""


def _show_rules(found: dict[str, Any]) -> None:
    from rich.markdown import Markdown

    terminal.talk().print(Markdown(f"# {found['title']}\n\n{found['rules']}\n\n{found['territory']}"))
