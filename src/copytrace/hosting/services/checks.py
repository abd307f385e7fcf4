"""The site checks itself: settings, file modes, TLS, proxies, e-mail, disk, clock, database and storage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import get_connection
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from copytrace.hosting.services import clock, dashboard, file_modes, stored_files

if TYPE_CHECKING:
    from collections.abc import Callable

HOME = {"127.0.0.1", "localhost", "::1"}
MOST_SECONDS_APART = 5


@dataclass(frozen=True)
class Finding:
    """The result of one check; `text` describes the state and, if there is a problem, how to fix it."""

    check: str
    level: Literal["ok", "warning", "error"]
    text: str


def run(*, thorough: bool = False) -> list[Finding]:
    """All checks.

    Args:
        thorough: also check every file, sign in to the mail server and use the storage, which may take a while.
    """
    found = [check() for check in CHECKS]
    if not thorough:
        return found
    servers = [_mail_server()] if "host" in settings.OUTGOING_EMAIL else []
    return [*found, _all_modes(), *servers, storage()]


def faults() -> list[Finding]:
    """The problems that the quick checks find."""
    return [finding for finding in run() if finding.level != "ok"]


def _settings() -> Finding:
    host = urlsplit(settings.SITE_URL).hostname or ""
    allowed = settings.ALLOWED_HOSTS
    if "*" in allowed:
        return Finding(
            "settings",
            "error",
            "COPYTRACE_HOST_NAMES is *, so the site accepts any host name. List the names instead.",
        )
    if host not in allowed and not any(
        name.startswith(".") and host.endswith(name.removeprefix(".")) for name in allowed
    ):
        return Finding(
            "settings", "error", f"COPYTRACE_HOST_URL is at {host}, which is not in COPYTRACE_HOST_NAMES."
        )
    return Finding("settings", "ok", f"The site is at {settings.SITE_URL}.")


def _file_modes() -> Finding:
    # Nobody can reach the contents of a folder that is closed to them.
    if settings.DATA.stat().st_mode & file_modes.OTHERS:
        return Finding(
            "files", "error", f"Other users can read {settings.DATA}. Run: chmod go-rwx {settings.DATA}"
        )
    return Finding("files", "ok", f"{settings.DATA} is private.")


def _all_modes() -> Finding:
    count = sum(1 for _ in file_modes.open_to_others(settings.DATA))
    if count:
        return Finding(
            "file modes",
            "warning",
            f"{count} files or folders in {settings.DATA} are accessible to other users; `host web` and `host worker`"
            " fix this when they start.",
        )
    return Finding("file modes", "ok", "No file in the folder is accessible to other users.")


def _tls() -> Finding:
    parts = urlsplit(settings.SITE_URL)
    if settings.BEHIND_TLS and parts.scheme != "https":
        return Finding(
            "TLS", "error", "COPYTRACE_HOST_TLS is yes, but COPYTRACE_HOST_URL does not start with https://."
        )
    if not settings.BEHIND_TLS and parts.hostname not in HOME:
        return Finding(
            "TLS",
            "warning",
            "Passwords are sent unencrypted. Put a TLS proxy in front of the site and set COPYTRACE_HOST_TLS=yes.",
        )
    return Finding(
        "TLS", "ok", "On." if settings.BEHIND_TLS else "Off; the site is only reachable from this machine."
    )


def _proxies() -> Finding:
    count = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    if settings.BEHIND_TLS and not count:
        return Finding(
            "proxies",
            "warning",
            "The site is behind TLS, but COPYTRACE_HOST_PROXIES is 0, so all clients share the proxy's address and"
            " rate limits.",
        )
    return Finding("proxies", "ok", f"{count} trusted.")


def _mail() -> Finding:
    if "host" not in settings.OUTGOING_EMAIL:
        return Finding("e-mail", "warning", "E-mails are printed, not sent. Set COPYTRACE_HOST_EMAIL.")
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost>"):
        return Finding(
            "e-mail", "warning", "The sender address is at localhost. Set COPYTRACE_HOST_EMAIL_FROM."
        )
    return Finding("e-mail", "ok", f"Sent through {settings.OUTGOING_EMAIL['host']}.")


def _mail_server() -> Finding:
    server = get_connection(**dict(settings.OUTGOING_EMAIL))
    try:
        server.open()
        server.close()
    except OSError as error:
        return Finding("mail server", "error", f"Cannot be used: {error}. Check COPYTRACE_HOST_EMAIL.")
    return Finding("mail server", "ok", "Responds and accepts the login.")


def _disk() -> Finding:
    disk = dashboard.disk()
    text = f"{disk.free / 1e9:,.1f} GB free, of which {disk.reserve / 1e9:,.1f} GB are reserved."
    if disk.free <= disk.reserve:
        return Finding("disk", "error", f"{text} Uploads are refused; free some space.")
    if disk.low:
        return Finding("disk", "warning", f"{text} Uploads will soon be refused; free some space.")
    return Finding("disk", "ok", text)


def _clock() -> Finding:
    apart = abs((clock.now() - datetime.now(UTC)).total_seconds())
    if apart > MOST_SECONDS_APART:
        return Finding(
            "clock",
            "warning",
            f"This machine and the database differ by {apart:,.0f} s. Deadlines follow the database's clock;"
            " synchronise both with NTP.",
        )
    return Finding("clock", "ok", "This machine and the database agree.")


def _database() -> Finding:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        return Finding(
            "database",
            "error",
            f"{len(waiting)} database migrations are pending. Run: copytrace host upgrade",
        )
    return Finding("database", "ok", connection.display_name)


def storage() -> Finding:
    """Whether files can be stored, read and deleted, and browsers can upload."""
    fault = stored_files.storage().fault(settings.SITE_URL)
    if fault is not None:
        return Finding("storage", "error", fault)
    return Finding("storage", "ok", f"Files are stored in {settings.STORE or settings.DATA / 'files'}.")


CHECKS: tuple[Callable[[], Finding], ...] = (
    _settings,
    _file_modes,
    _tls,
    _proxies,
    _mail,
    _disk,
    _clock,
    _database,
)
