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
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Address of the site, such as https://...")
    ],
    user: Annotated[str, typer.Option("--user", "-u", metavar="NAME", help="Your username.")],
    register: Annotated[
        bool, typer.Option("--register", help="Create the account; requires --email.")
    ] = False,
    email: Annotated[str, typer.Option("--email", help="E-mail address of the new account.")] = "",
    organise: Annotated[bool, typer.Option("--organise", help="Also allow organiser actions.")] = False,
    work: Annotated[
        bool,
        typer.Option(
            "--work", help="Create a token for `copytrace host worker --host` only; requires an organiser."
        ),
    ] = False,
    days: Annotated[int, typer.Option("--days", min=1, max=365, help="Days until the token expires.")] = 90,
) -> None:
    """Log in to a challenge site. Prompts for the password, or reads $COPYTRACE_PASSWORD.

    Examples:
        copytrace login --host https://challenge.example.org --user ada
        copytrace login --host https://example.org --user a --register --email a@b.org
    """
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
    terminal.say(f"Saved the token to {path}. It expires on {token['expires_at'][:10]}.")
    terminal.result(f"logged in to {asked.address} as {user}")
