"""The host's settings, read from the environment: one table, and a message if one is missing or invalid."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from copytrace.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PREFIX = "COPYTRACE_HOST_"

SHORTEST_KEY = 32
FEWEST_CHARACTERS = 8
"""Minimum number of different characters in the secret key; a random key has many more."""


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        name: without the prefix.
        default: the text used if the environment does not set it; None if it must be set.
        meaning: what it does, for the table in the documentation.
    """

    name: str
    default: str | None
    meaning: str


SETTINGS: tuple[Setting, ...] = (
    Setting("DATA", None, "folder for the SQLite database, uploads and challenge files"),
    Setting(
        "SECRET_KEY",
        None,
        "50 random characters that sign sessions; `copytrace host serve` generates its own",
    ),
    Setting(
        "STORE",
        "",
        "s3://BUCKET/PREFIX for uploads and challenge files; empty for the data folder",
    ),
    Setting("NAMES", None, "host names of the site, separated by commas"),
    Setting("DATABASE", "", "postgresql://user:password@host:port/name; empty for SQLite in the data folder"),
    Setting("URL", "http://127.0.0.1:8000", "public address of the site, used in e-mails and links"),
    Setting(
        "TLS", "yes", "whether the site is behind TLS: enables secure cookies, HSTS and the redirect to https"
    ),
    Setting("EMAIL", "console:", "smtp://user:password@host:port, smtps://..., or console: to print e-mails"),
    Setting("EMAIL_FROM", "copytrace <noreply@localhost>", "sender of e-mails"),
    Setting("LEASE_SECONDS", "10", "seconds without a heartbeat after which another worker takes over a run"),
    Setting("HEARTBEAT_SECONDS", "2", "seconds between heartbeats of a worker"),
    Setting("POLL_SECONDS", "1", "seconds between checks of the queue by an idle worker"),
    Setting("ATTEMPTS", "3", "attempts to score a file before it counts as failed"),
    Setting("CHILD_MEMORY_MB", "8192", "memory limit (address space) of the process that scores one file"),
    Setting("CHILD_SECONDS", "3600", "time limit of that process, in seconds"),
    Setting("CHILD_FILES", "256", "open-file limit of that process"),
    Setting("THREADS", "", "threads per submission; empty for one per core"),
    Setting("BOOTSTRAP", "1000", "bootstrap replicates for intervals and significance; 0 turns both off"),
    Setting("UPLOAD_QUOTA_MB", "5000", "total size of unfinished and unsubmitted uploads per account"),
    Setting("UPLOAD_HOURS", "24", "hours after which an unsubmitted upload is deleted"),
    Setting("DISK_RESERVE_MB", "2000", "free disk space to keep; uploads that would go below it are refused"),
    Setting(
        "REFUSALS_PER_HOUR", "10", "refused and failed files per team and hour before the team must wait"
    ),
    Setting(
        "REQUESTS_PER_MINUTE", "600", "API requests per account; half as many per address without an account"
    ),
    Setting("LOGINS_PER_MINUTE", "20", "sign-up and login attempts per address"),
    Setting(
        "WEB_THREADS",
        "32",
        "threads per web process, set by `host web --threads`; at most half receive uploads and a quarter read forms",
    ),
    Setting("UPLOADS_AT_ONCE", "4", "simultaneous uploads per account and web process"),
    Setting("UPLOADS_PER_MINUTE", "60", "uploads started per account and minute"),
    Setting("PROXIES", "0", "number of trusted proxies in front of the site, for X-Forwarded-For"),
)

_BY_NAME = {setting.name: setting for setting in SETTINGS}
_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def text(name: str) -> str:
    """The value of a setting.

    Raises:
        InputError: it has no default and the environment does not have it.
    """
    setting = _BY_NAME[name]
    value = os.environ.get(PREFIX + name, "").strip() or setting.default
    if value is None:
        raise InputError(
            f"{PREFIX}{name} is not set: {setting.meaning}. Set it in the environment (all settings are in"
            " docs/hosting.md), or use `copytrace host serve`, which needs none of them."
        )
    return value


def secret_key() -> str:
    """The key that signs sessions.

    Raises:
        InputError: it is too short, or has too few different characters, to be safe from guessing.
    """
    found = text("SECRET_KEY")
    if len(found) < SHORTEST_KEY or len(set(found)) < FEWEST_CHARACTERS:
        raise InputError(
            f"{PREFIX}SECRET_KEY is too weak: use at least {SHORTEST_KEY} random characters. Generate one:"
            ' python3 -c "import secrets; print(secrets.token_urlsafe(50))"'
        )
    return found


def number(name: str) -> float:
    """The value of a numeric setting, at least 0.

    Raises:
        InputError: it is not such a number.
    """
    value = text(name)
    try:
        found = float(value)
    except ValueError:
        found = -1
    if not 0 <= found < float("inf"):
        raise InputError(
            f"{PREFIX}{name} is {value!r}: {_BY_NAME[name].meaning}. Expected a number, at least 0."
        )
    return found


def whole(name: str) -> int:
    """The value of an integer setting."""
    return int(number(name))


def switch(name: str) -> bool:
    """The value of a yes-or-no setting.

    Raises:
        InputError: it is neither.
    """
    value = text(name).lower()
    if value not in _YES:
        raise InputError(f"{PREFIX}{name} is {value!r}: {_BY_NAME[name].meaning}. Expected yes or no.")
    return _YES[value]


def database(data: Path) -> dict[str, object]:
    """Django's description of the database.

    Raises:
        InputError: the address names no supported database.
    """
    address = text("DATABASE")
    if not address:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(data / "host.sqlite3"),
            # Opening a connection takes longer than answering most requests.
            "CONN_MAX_AGE": 60,
            "OPTIONS": {
                # Two writers wait for each other rather than fail, and readers never wait.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    parts = urlsplit(address)
    if parts.scheme not in {"postgresql", "postgres"} or len(parts.path) < 2:  # noqa: PLR2004 - "/" and a name
        raise InputError(
            f"{PREFIX}DATABASE has the scheme {parts.scheme!r} and the name {parts.path[1:]!r}; expected"
            " postgresql://user:password@host:port/name, or nothing for SQLite."
        )
    query = dict(part.split("=", 1) for part in parts.query.split("&") if "=" in part)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        # The host part of a URL cannot hold a socket folder, so a parameter does: ...?host=/run/postgresql
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5},
    }


def email() -> Mapping[str, Any]:
    """Django's settings for sending e-mail.

    Raises:
        InputError: the kind of address is not supported.
    """
    parts = urlsplit(text("EMAIL"))
    if parts.scheme == "console":
        return {"backend": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise InputError(
            f"{PREFIX}EMAIL has the scheme {parts.scheme!r}; expected smtp://user:password@host:port, smtps://... or"
            " console:"
        )
    return {
        "backend": "django.core.mail.backends.smtp.EmailBackend",
        "host": parts.hostname,
        "port": parts.port or (465 if parts.scheme == "smtps" else 587),
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_ssl": parts.scheme == "smtps",
        "use_tls": parts.scheme == "smtp",
        "timeout": 20,
    }
