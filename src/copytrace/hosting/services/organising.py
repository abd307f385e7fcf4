"""Organisers' actions on a phase or a team, each recorded in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from copytrace.hosting.models import Finalist, Phase
from copytrace.hosting.services import audit, clock, limits, outbox
from copytrace.hosting.services.problems import Problem, Unusable
from copytrace.hosting.services.schedule import require_date

if TYPE_CHECKING:
    from datetime import datetime

    from copytrace.hosting.models import Account, Team, Track


def reveal(phase: Phase, actor: Account | None = None) -> None:
    """Reveal all scores of a phase; this cannot be undone.

    Raises:
        Problem: the phase is still open, or its scores have already been revealed.
    """
    with transaction.atomic():
        row = Phase.objects.select_for_update().get(pk=phase.pk)
        now = clock.now()
        if now < row.closes_at:
            raise Problem(
                f"{row.title} is open until {row.closes_at:%Y-%m-%d %H:%M:%S} UTC. Reveal its scores after that."
            )
        if row.revealed_at is not None:
            raise Problem(
                f"The scores of {row.title} were already revealed on {row.revealed_at:%Y-%m-%d %H:%M:%S} UTC."
            )
        row.revealed_at = now
        row.save(update_fields=["revealed_at"])
        audit.record("reveal", f"{row}", actor=actor, challenge=row.challenge)


def move_deadline(phase: Phase, closes_at: datetime, reason: str, actor: Account | None = None) -> None:
    """Change when a phase closes, and notify all participants.

    Raises:
        Unusable: the time has no time zone, is too far away, before the phase opens, or after the challenge ends.
    """
    require_date(closes_at)
    if not phase.opens_at < closes_at <= phase.challenge.ends_at:
        raise Unusable(
            f"{closes_at} must be after the phase opens ({phase.opens_at}) and before the challenge ends"
            f" ({phase.challenge.ends_at})."
        )
    with transaction.atomic():
        row = Phase.objects.select_for_update().get(pk=phase.pk)
        before, row.closes_at = row.closes_at, closes_at
        row.save(update_fields=["closes_at"])
        audit.record(
            "deadline moved",
            f"{row}",
            actor=actor,
            challenge=row.challenge,
            before=str(before),
            after=str(closes_at),
            reason=reason,
        )
        tell_deadline(row, reason)


def move_opening(phase: Phase, opens_at: datetime, reason: str, actor: Account | None = None) -> None:
    """Change when a phase opens, and notify all participants.

    Raises:
        Unusable: the time has no time zone, is too far away, or is not before the phase closes.
        Problem: the phase already has submissions.
    """
    require_date(opens_at)
    with transaction.atomic():
        row = Phase.objects.select_for_update().get(pk=phase.pk)
        if not opens_at < row.closes_at:
            raise Unusable(
                f"{row.title} closes on {row.closes_at:%Y-%m-%d %H:%M:%S} UTC; it must open before that."
            )
        if opens_at > row.opens_at and row.submissions.exists():
            raise Problem(f"{row.title} already has submissions; it cannot open later than it did.")
        before, row.opens_at = row.opens_at, opens_at
        row.save(update_fields=["opens_at"])
        audit.record(
            "opening moved",
            f"{row}",
            actor=actor,
            challenge=row.challenge,
            before=str(before),
            after=str(opens_at),
            reason=reason,
        )
        _tell_dates(row, f"{row.title} has a new opening time", f"opens on {_at(row.opens_at)}", reason)


def tell_deadline(phase: Phase, reason: str = "") -> None:
    """Notify all participants of a phase's new deadline."""
    what = f"{phase.title} has a new deadline"
    _tell_dates(phase, what, f"closes on {_at(phase.closes_at)}", reason)


def _tell_dates(phase: Phase, subject: str, what: str, reason: str) -> None:
    why = f"\nReason: {reason}\n" if reason else ""
    body = f"{phase.title} of {phase.challenge.title} now {what}.\n{why}"
    outbox.write_to_all(phase.challenge, f"{phase.challenge.title}: {subject}", body)


def _at(time: datetime) -> str:
    return f"{time:%d %B %Y at %H:%M:%S} UTC"


def grant(team: Team, phase: Phase, extra: int, reason: str, actor: Account | None = None) -> None:
    """Grant a team extra attempts in a phase, in each track."""
    with transaction.atomic():
        allowance = limits.lock_allowance(team, phase)
        before, allowance.extra = allowance.extra, extra
        allowance.save(update_fields=["extra"])
        audit.record(
            "attempts granted",
            f"{team} in {phase}",
            actor=actor,
            challenge=phase.challenge,
            before=before,
            after=extra,
            reason=reason,
        )


def note_finalist(
    team: Team,
    phase: Phase,
    track: Track,
    actor: Account | None = None,
    **checklist: Any,  # noqa: ANN401 - the checklist's fields
) -> Finalist:
    """Save the checklist of a team that may win a prize."""
    with transaction.atomic():
        row, _ = Finalist.objects.update_or_create(team=team, phase=phase, track=track, defaults=checklist)
        audit.record("finalist", f"{team} in {phase}", actor=actor, challenge=phase.challenge, **checklist)
    return row
