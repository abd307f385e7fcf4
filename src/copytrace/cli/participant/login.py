"""`copytrace login`: get a token from a host, and remember it."""

from __future__ import annotations

import os
import platform
from typing import Annotated

import typer

from copytrace.cli import terminal
from copytrace.errors import InputError

PASSWORD_VARIABLE = "COPYTRACE_PASSWORD"  # noqa: S105 - the name of a variable


def login(
    *,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="The host, such as https://...")],
    user: Annotated[str, typer.Option("--user", "-u", metavar="NAME", help="Your account's name.")],
    register: Annotated[bool, typer.Option("--register", help="Make the account; needs --email.")] = False,
    email: Annotated[str, typer.Option("--email", help="Your e-mail address, for a new account.")] = "",
    organise: Annotated[
        bool, typer.Option("--organise", help="A token for an organiser's acts too.")
    ] = False,
    work: Annotated[
        bool,
        typer.Option("--work", help="A token for `copytrace host worker --host` alone; organisers only."),
    ] = False,
    days: Annotated[int, typer.Option("--days", min=1, max=365, help="How long the token lives.")] = 90,
) -> None:
    """Log in to a challenge host. The password is asked for, or read from $COPYTRACE_PASSWORD."""
    from copytrace.client import Host, remember

    if register and not email:
        raise InputError("A new account needs an e-mail address: --email ADDRESS")
    password = os.environ.get(PASSWORD_VARIABLE) or typer.prompt("Password", hide_input=True, err=True)
    asked = Host(host)
    if register:
        asked.post("accounts", body={"username": user, "email": email, "password": password})
    scopes = ["work"] if work else ["read", "submit", *(["organise"] if organise else [])]
    body = {
        "username": user,
        "password": password,
        "name": f"copytrace on {platform.node()}"[:100],
        "scopes": scopes,
        "days": days,
    }
    token = asked.post("tokens", body=body)
    path = remember(asked.address, token["token"])
    terminal.say(f"The token is kept in {path} until {token['expires_at'][:10]}.")
    terminal.result(f"logged in to {asked.address} as {user}")
