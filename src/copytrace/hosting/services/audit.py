"""Adds to the audit log and reads it."""

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
    """Add an entry, in the transaction of the action it records; without an actor, it is the host itself."""
    AuditEntry.objects.create(
        act=act, subject=subject[:200], actor=actor, challenge=challenge, details=details
    )


def entries(challenge: Challenge, *, of_organisers: bool = False, act: str = "") -> QuerySet[AuditEntry]:
    """The entries of a challenge, latest first.

    Args:
        challenge: the challenge.
        of_organisers: only organisers' actions.
        act: only this kind of action.
    """
    rows = AuditEntry.objects.filter(challenge=challenge).select_related("actor")
    if of_organisers:
        rows = rows.filter(actor__is_staff=True)
    if act:
        rows = rows.filter(act=act)
    return rows.order_by("-pk")


def acts(challenge: Challenge) -> list[str]:
    """The kinds of actions in a challenge's log, by name."""
    rows = AuditEntry.objects.filter(challenge=challenge).order_by("act")
    return list(rows.values_list("act", flat=True).distinct())


def moves_of(submission: Submission) -> list[AuditEntry]:
    """The changes of a submission's state, in order."""
    return list(AuditEntry.objects.filter(subject=f"submission {submission.pk}", act="state"))
