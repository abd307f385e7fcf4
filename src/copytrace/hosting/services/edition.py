"""The current edition of the public pages. Nothing on them changes without a new edition.

Every action and every change of a submission's state adds an entry to the audit log, in the same transaction. So one
query of the log shows whether anything has happened. Events of the clock (a phase opens or closes, scores are
revealed) start a new edition too, and so does every minute.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from django.core.cache import caches
from django.db import connection

from copytrace.hosting.models import Phase
from copytrace.hosting.services import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

T = TypeVar("T")

LATE = 256
"""PostgreSQL numbers entries before committing them, so one may appear after others with higher numbers. The sum of
the latest numbers rises with such a late entry too, unless this many others came first.
"""

_LATEST = f"SELECT SUM(id) FROM (SELECT id FROM hosting_auditentry ORDER BY id DESC LIMIT {LATE}) AS latest"  # noqa: S608


class Edition(NamedTuple):
    """An edition; newer ones compare greater.

    Attributes:
        entries: increases with each entry of the audit log.
        since: when it started, by the clock.
    """

    entries: int
    since: datetime


def current() -> Edition:
    """The current edition."""
    with connection.cursor() as cursor:
        cursor.execute(_LATEST)
        entries = int(cursor.fetchone()[0] or 0)
    now = clock.now()
    minute = Edition(entries, now.replace(second=0, microsecond=0))
    moments = recall("moments", minute)
    if moments is None:
        moments = list(_moments(Phase.objects.all()))
        keep("moments", minute, moments)
    return Edition(entries, max([minute.since, *(moment for moment in moments if moment <= now)]))


def remembered(what: tuple[object, ...], make: Callable[[], T]) -> T:
    """Return a value computed once per edition.

    Args:
        what: its name.
        make: computes it from the database.
    """
    now = current()
    found: T | None = recall(what, now)
    if found is None:
        found = make()
        keep(what, now, found)
    return found


def recall(what: object, edition: Edition) -> Any:  # noqa: ANN401 - whatever was kept
    """The value kept for this edition or a newer one; None if there is none."""
    found: tuple[Edition, object] | None = caches["public"].get(_key(what))
    return found[1] if found is not None and found[0] >= edition else None


def keep(what: object, edition: Edition, value: object) -> None:
    """Keep the value computed in an edition, replacing those of earlier ones."""
    caches["public"].set(_key(what), (edition, value))


def _key(what: object) -> str:
    return hashlib.sha256(repr(what).encode()).hexdigest()


def _moments(phases: Iterable[Phase]) -> Iterable[datetime]:
    """The moments at which the clock changes something; a phase is still open at the very moment it closes."""
    for phase in phases:
        yield phase.opens_at
        yield phase.closes_at + timedelta(microseconds=1)
        yield phase.closes_at + timedelta(seconds=phase.grace_seconds)
