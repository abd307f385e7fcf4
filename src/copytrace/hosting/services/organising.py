"""What organisers do to a phase or a team, each with its entry in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from copytrace.hosting.models import Finalist, Phase
from copytrace.hosting.services import audit, clock, limits, outbox
from copytrace.hosting.services.problems import Problem, Unusable

if TYPE_CHECKING:
    from datetime import datetime

    from copytrace.hosting.models import Account, Team, Track


def reveal(phase: Phase, actor: Account | None = None) -> None:
    """Let all scores of a phase be seen, for good.

    Raises:
        Problem: the phase is still open, or its scores are revealed already.
    """
    with transaction.atomic():
        row = Phase.objects.select_for_update().get(pk=phase.pk)
        now = clock.now()
        if now < row.closes_at:
            raise Problem(
                f"{row.title} is open until {row.closes_at:%Y-%m-%d %H:%M:%S} UTC; reveal its scores then."
            )
        if row.revealed_at is not None:
            raise Problem(
                f"The scores of {row.title} were revealed on {row.revealed_at:%Y-%m-%d %H:%M:%S} UTC."
            )
        row.revealed_at = now
        row.save(update_fields=["revealed_at"])
        audit.record("reveal", f"{row}", actor=actor, challenge=row.challenge)


def move_deadline(phase: Phase, closes_at: datetime, reason: str, actor: Account | None = None) -> None:
    """Close a phase at another time, and write so to all teams.

    Raises:
        Unusable: the time has no zone, is before the phase opens, or after the challenge ends.
    """
    if closes_at.tzinfo is None:
        raise Unusable(f"{closes_at} has no time zone; UTC is wanted, such as 2021-10-27T23:59:00Z.")
    if not phase.opens_at < closes_at <= phase.challenge.ends_at:
        raise Unusable(
            f"{closes_at} is not between {phase.opens_at} (opening) and {phase.challenge.ends_at} (end)."
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
        tell_deadline(row)


def tell_deadline(phase: Phase) -> None:
    """Write to all teams when a phase now closes."""
    for team in phase.challenge.teams.all():
        outbox.write_to(
            team,
            f"{phase.challenge.title}: {phase.title} closes at another time",
            f"{phase.title} of {phase.challenge.title} now closes on {phase.closes_at:%d %B %Y at %H:%M:%S} UTC.\n",
        )


def grant(team: Team, phase: Phase, extra: int, reason: str, actor: Account | None = None) -> None:
    """Give a team attempts beyond a phase's limits, in each track."""
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
    """Keep what is known of a team that may take a prize."""
    with transaction.atomic():
        row, _ = Finalist.objects.update_or_create(team=team, phase=phase, track=track, defaults=checklist)
        audit.record("finalist", f"{team} in {phase}", actor=actor, challenge=phase.challenge, **checklist)
    return row
