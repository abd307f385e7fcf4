"""Recognises outages: a full disk, or a database or file store that does not respond."""

from __future__ import annotations

import logging
import sqlite3
from typing import TYPE_CHECKING

from django.db import InterfaceError, OperationalError

from copytrace.hosting.services import stored_files
from copytrace.hosting.services.problems import Away, NoRoom
from copytrace.hosting.storage import StorageUnavailable

if TYPE_CHECKING:
    from copytrace.hosting.services.problems import Problem

_log = logging.getLogger(__name__)

LEAST_FREE = 8 << 20
"""Bytes. With less left on the disk, nothing is started: a request with several writes could complete only some."""

_FULL_SQLSTATE = "53100"
_PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
"""SQLite's errors during an outage; others of the same class are bugs."""


def full_disk() -> Problem | None:
    """The problem to report while the disk is too full to write anything; None if it is not."""
    return _no_room() if stored_files.free() < LEAST_FREE else None


def outage_of(error: BaseException | None) -> Problem | None:
    """The problem to report if the disk, the database or the file store failed; None for a bug."""
    if isinstance(error, StorageUnavailable):
        _log.error("%s", error)
        return Away("The host's file store is not responding. Nothing was changed. Try again in a minute.")
    if isinstance(error, OSError) and error.errno in stored_files.FULL:
        return _no_room()
    cause = error.__cause__ if isinstance(error, OperationalError | InterfaceError) else None
    if isinstance(cause, sqlite3.Error):
        # The lowest byte gives the kind of error.
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            return _no_room()
        return _away() if code in _PASSING else None
    if getattr(cause, "sqlstate", None) == _FULL_SQLSTATE:
        return _no_room()
    return None if cause is None else _away()


def _no_room() -> NoRoom:
    return NoRoom(
        "The host's disk is full. Nothing was changed, and the organisers can see this. Try again later."
    )


def _away() -> Away:
    return Away("The host's database is not responding. Nothing was changed. Try again in a minute.")
