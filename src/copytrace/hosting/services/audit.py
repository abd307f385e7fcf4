"""The audit log: what is added to it, and what is read from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.hosting.models import AuditEntry

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from copytrace.hosting.models import Account, Challenge, Submission


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


def entries(challenge: Challenge, *, of_organisers: bool = False, act: str = "") -> QuerySet[AuditEntry]:
    """The entries of a challenge, the latest first.

    Args:
        challenge: which.
        of_organisers: only what organisers did.
        act: only this kind of act.
    """
    rows = AuditEntry.objects.filter(challenge=challenge).select_related("actor")
    if of_organisers:
        rows = rows.filter(actor__is_staff=True)
    if act:
        rows = rows.filter(act=act)
    return rows.order_by("-pk")


def acts(challenge: Challenge) -> list[str]:
    """The kinds of acts that the log of a challenge has, by name."""
    rows = AuditEntry.objects.filter(challenge=challenge).order_by("act")
    return list(rows.values_list("act", flat=True).distinct())


def moves_of(submission: Submission) -> list[AuditEntry]:
    """The changes of a submission's state, in order."""
    return list(AuditEntry.objects.filter(subject=f"submission {submission.pk}", act="state"))
