"""The host's settings as they are read from the environment: one table, and a sentence where one is missing."""

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
"""Different ones in the secret key; a random one has many more."""


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        name: without the prefix.
        default: the text that stands where the environment has none; None where there must be one.
        meaning: what it does, for the table in the documentation.
    """

    name: str
    default: str | None
    meaning: str


SETTINGS: tuple[Setting, ...] = (
    Setting("DATA", None, "folder of the database (SQLite), the uploads and the challenges' files"),
    Setting(
        "SECRET_KEY", None, "50 random characters that sign sessions; `copytrace host serve` makes its own"
    ),
    Setting("NAMES", None, "host names under which the site answers, separated by commas"),
    Setting("DATABASE", "", "postgresql://user:password@host:port/name; empty is SQLite in the data folder"),
    Setting("URL", "http://127.0.0.1:8000", "address of the site as participants type it, for e-mails"),
    Setting("TLS", "yes", "whether the site stands behind TLS: secure cookies, HSTS, redirect to https"),
    Setting("EMAIL", "console:", "smtp://user:password@host:port, smtps://..., or console: to print e-mails"),
    Setting("EMAIL_FROM", "copytrace <noreply@localhost>", "sender of the e-mails"),
    Setting("LEASE_SECONDS", "10", "a worker that has said nothing for so long loses its run to another"),
    Setting("HEARTBEAT_SECONDS", "2", "how often a worker says that it lives"),
    Setting("POLL_SECONDS", "1", "how often a worker without work looks for some"),
    Setting("ATTEMPTS", "3", "how often a run is begun before it counts as failed"),
    Setting("CHILD_MEMORY_MB", "8192", "address space of the process that reads one uploaded file"),
    Setting("CHILD_SECONDS", "3600", "wall-clock time of that process"),
    Setting("CHILD_FILES", "256", "files that it may have open"),
    Setting("THREADS", "", "threads that score one submission; empty is one per core"),
    Setting("BOOTSTRAP", "1000", "replicates for the interval of micro-AP; 0 leaves it out"),
    Setting(
        "UPLOAD_QUOTA_MB", "5000", "bytes of unfinished and unsubmitted uploads that one account may hold"
    ),
    Setting("UPLOAD_HOURS", "24", "an upload that is not submitted is deleted after so many hours"),
    Setting("DISK_RESERVE_MB", "2000", "no upload is begun that would leave less free than this"),
    Setting("REFUSALS_PER_HOUR", "10", "refused and failed files of a team in an hour before it has to wait"),
    Setting(
        "REQUESTS_PER_MINUTE", "600", "API requests of one account; half of it for an address without one"
    ),
    Setting("LOGINS_PER_MINUTE", "20", "attempts to get a token or an account from one address"),
    Setting(
        "WEB_THREADS",
        "32",
        "threads of a web process, set by `host web --threads`: half may receive uploads, a quarter read forms",
    ),
    Setting("UPLOADS_AT_ONCE", "4", "uploads that a web process receives from one account at once"),
    Setting("UPLOADS_PER_MINUTE", "60", "uploads that one account may begin in a minute"),
    Setting("PROXIES", "0", "trusted proxies in front of the site, for the address in X-Forwarded-For"),
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
            f"{PREFIX}{name} is not set: {setting.meaning}. Set it in the environment; docs/hosting.md has the table"
            " of all settings, and `copytrace host serve` needs none of them."
        )
    return value


def secret_key() -> str:
    """The key that signs sessions.

    Raises:
        InputError: it is so short, or has so few different characters, that it could be guessed.
    """
    found = text("SECRET_KEY")
    if len(found) < SHORTEST_KEY or len(set(found)) < FEWEST_CHARACTERS:
        raise InputError(
            f"{PREFIX}SECRET_KEY can be guessed: it needs at least {SHORTEST_KEY} random characters. Make one:"
            ' python3 -c "import secrets; print(secrets.token_urlsafe(50))"'
        )
    return found


def number(name: str) -> float:
    """The value of a setting that is a number, at least 0.

    Raises:
        InputError: it is none.
    """
    value = text(name)
    try:
        found = float(value)
    except ValueError:
        found = -1
    if not 0 <= found < float("inf"):
        raise InputError(
            f"{PREFIX}{name} is {value!r}: {_BY_NAME[name].meaning}. A number of at least 0 is wanted."
        )
    return found


def whole(name: str) -> int:
    """The value of a setting that is a whole number."""
    return int(number(name))


def switch(name: str) -> bool:
    """The value of a setting that is yes or no.

    Raises:
        InputError: it is neither.
    """
    value = text(name).lower()
    if value not in _YES:
        raise InputError(f"{PREFIX}{name} is {value!r}: {_BY_NAME[name].meaning}. Write yes or no.")
    return _YES[value]


def database(data: Path) -> dict[str, object]:
    """Django's description of the database.

    Raises:
        InputError: the address is of no database that is supported.
    """
    address = text("DATABASE")
    if not address:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(data / "host.sqlite3"),
            # To open a connection takes longer than to answer most requests.
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
            f"{PREFIX}DATABASE has the scheme {parts.scheme!r} and the name {parts.path[1:]!r};"
            " postgresql://user:password@host:port/name is wanted, or nothing for SQLite."
        )
    query = dict(part.split("=", 1) for part in parts.query.split("&") if "=" in part)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        # A folder of sockets cannot stand in the place of a host name: ...?host=/run/postgresql
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5},
    }


def email() -> Mapping[str, Any]:
    """Django's settings for sending e-mail.

    Raises:
        InputError: the address is of no kind that is supported.
    """
    parts = urlsplit(text("EMAIL"))
    if parts.scheme == "console":
        return {"backend": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise InputError(
            f"{PREFIX}EMAIL has the scheme {parts.scheme!r}; smtp://user:password@host:port, smtps://... or console:"
            " is wanted."
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
