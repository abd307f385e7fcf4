"""Writes the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.hosting.models import AuditEntry

if TYPE_CHECKING:
    from copytrace.hosting.models import Account, Challenge


def record(
    act: str,
    subject: str,
    *,
    actor: Account | None = None,
    challenge: Challenge | None = None,
    **details: object,
) -> None:
    """Add an entry, within the transaction of what it tells about; no actor is the host itself."""
    AuditEntry.objects.create(
        act=act, subject=subject[:200], actor=actor, challenge=challenge, details=details
    )
