"""The host and token saved by `copytrace login`. Options override the environment, which overrides the file."""

from __future__ import annotations

import json
import os
from pathlib import Path

from copytrace.client.host import Host
from copytrace.errors import InputError

ADDRESS_VARIABLE = "COPYTRACE_HOST"
TOKEN_VARIABLE = "COPYTRACE_TOKEN"  # noqa: S105 - the name of a variable


def settings_file() -> Path:
    """The file with the address and the token, readable only by the user."""
    folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(folder) / "copytrace" / "host.json"


def remember(address: str, token: str) -> Path:
    """Save an address and a token; returns the file."""
    path = settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({"address": address, "token": token}, file)
    temporary.replace(path)
    return path


def known_host(address: str | None = None, token: str | None = None) -> Host:
    """The host to use.

    Raises:
        InputError: no address is known, or the settings file is damaged.
    """
    kept = _kept()
    address = address or os.environ.get(ADDRESS_VARIABLE) or kept.get("address")
    if not address:
        raise InputError("No challenge site configured. Log in first: copytrace login --host https://...")
    # A token is sent only to the host that issued it.
    mine = kept.get("token", "") if address.rstrip("/") == kept.get("address", "").rstrip("/") else ""
    return Host(address, token or os.environ.get(TOKEN_VARIABLE) or mine)


def _kept() -> dict[str, str]:
    path = settings_file()
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(
            f"{path} is damaged ({error}). Delete it and log in again: copytrace login"
        ) from error
    return {str(key): str(value) for key, value in found.items()}
