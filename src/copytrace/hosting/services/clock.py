"""The one clock for leases, deadlines and limits: the database's, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection

_QUERIES = {"sqlite": "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')", "postgresql": "SELECT clock_timestamp()"}


def now() -> datetime:
    """The time by the database's clock, so that all web processes and workers agree, on one machine or many."""
    with connection.cursor() as cursor:
        cursor.execute(_QUERIES[connection.vendor])
        (found,) = cursor.fetchone()
    return (
        datetime.fromisoformat(found).replace(tzinfo=UTC) if isinstance(found, str) else found.astimezone(UTC)
    )
