"""Which edition of the public pages is current. Nothing that they show changes without a new edition.

Every act and every change of a submission's state has an entry in the audit log, in the same transaction. So the log
tells by one look-up whether anything happened. What follows from the clock alone (a phase opens or closes, scores are
revealed) makes a new edition too, and so does every minute.
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
"""PostgreSQL numbers entries before it commits them, so that one may appear after others with higher numbers.

The sum of the latest numbers rises with such a late one as well, unless as many as this were quicker.
"""

_LATEST = f"SELECT SUM(id) FROM (SELECT id FROM hosting_auditentry ORDER BY id DESC LIMIT {LATE}) AS latest"  # noqa: S608


class Edition(NamedTuple):
    """An edition; a newer one is larger.

    Attributes:
        entries: rises with each entry of the audit log.
        since: when it began, by the clock.
    """

    entries: int
    since: datetime


def current() -> Edition:
    """The present edition."""
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
    """What was made once in this edition.

    Args:
        what: names it.
        make: makes it from what the database holds.
    """
    now = current()
    found: T | None = recall(what, now)
    if found is None:
        found = make()
        keep(what, now, found)
    return found


def recall(what: object, edition: Edition) -> Any:  # noqa: ANN401 - whatever was kept
    """What was kept for this edition or a newer one; None if there is nothing."""
    found: tuple[Edition, object] | None = caches["public"].get(_key(what))
    return found[1] if found is not None and found[0] >= edition else None


def keep(what: object, edition: Edition, value: object) -> None:
    """Keep what was made in an edition, instead of what was made in earlier ones."""
    caches["public"].set(_key(what), (edition, value))


def _key(what: object) -> str:
    return hashlib.sha256(repr(what).encode()).hexdigest()


def _moments(phases: Iterable[Phase]) -> Iterable[datetime]:
    """When something changes by the clock; a phase is still open at the very moment when it closes."""
    for phase in phases:
        yield phase.opens_at
        yield phase.closes_at + timedelta(microseconds=1)
        yield phase.closes_at + timedelta(seconds=phase.grace_seconds)
