"""Disqualifies a team or a single submission, and reinstates it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from copytrace.hosting.models import Submission, Team
from copytrace.hosting.services import audit, clock, outbox
from copytrace.hosting.services.problems import NotAllowed, NotFound, Problem, Unusable

if TYPE_CHECKING:
    from copytrace.hosting.models import Account, AuditEntry, Challenge

_EFFECTS: dict[type[Team | Submission], str] = {
    Team: "It is not ranked, cannot win prizes and cannot submit.",
    Submission: "It is not ranked; your team's next best submission counts instead.",
}


def disqualify(row: Team | Submission, reason: str, actor: Account | None = None) -> None:
    """Disqualify a submission (it loses its rank), or a team (it also loses prizes and the right to submit).

    Submissions stay on record.

    Raises:
        Unusable: the reason is missing.
        Problem: it is already disqualified.
    """
    if not reason.strip():
        raise Unusable("Enter a reason; it is sent to the team.")
    name, effects = name_of(row), _EFFECTS[type(row)]
    with transaction.atomic():
        counting = type(row).objects.filter(pk=row.pk, disqualified_at=None)
        if not counting.update(disqualified_at=clock.now(), disqualified_for=reason.strip()):
            raise Problem(f"{name} is already disqualified.")
        _record(row, "disqualified", reason, actor)
        _write(
            row,
            f"{name} is disqualified",
            f"have disqualified {name}: {reason.strip()}\n{effects} If you think this is a mistake, contact them.",
        )


def reinstate(row: Team | Submission, reason: str, actor: Account | None = None) -> None:
    """Reinstate a team or a submission.

    Raises:
        Problem: it is not disqualified.
    """
    name = name_of(row)
    with transaction.atomic():
        out = type(row).objects.filter(pk=row.pk, disqualified_at__isnull=False)
        if not out.update(disqualified_at=None, disqualified_for=""):
            raise Problem(f"{name} is not disqualified.")
        _record(row, "reinstated", reason, actor)
        _write(row, f"{name} is reinstated", f"have reinstated {name}: {reason.strip()}")


def name_of(row: Team | Submission) -> str:
    """How messages refer to a team or a submission."""
    return f"Team {row.name}" if isinstance(row, Team) else f"Submission {row.pk}"


def submission_of(team: Team, number: int) -> Submission:
    """A submission of a team.

    Raises:
        NotFound: the team has no submission with this number.
    """
    row = team.submissions.filter(pk=number).first()
    if row is None:
        raise NotFound(f"Team {team.name} has no submission {number}.")
    return row


def team_disqualified_by(entry: AuditEntry) -> int | None:
    """The number of the team that an action disqualified, if it is still disqualified."""
    rows = Team.objects.filter(
        challenge=entry.challenge_id, name=entry.subject, disqualified_at__isnull=False
    )
    return rows.values_list("pk", flat=True).first()


def submission_disqualified_by(entry: AuditEntry) -> Submission | None:
    """The submission that an action disqualified, if it is still disqualified."""
    number = entry.subject.rpartition(" ")[2]
    return Submission.objects.filter(pk=number, disqualified_at__isnull=False).first()


def _record(row: Team | Submission, act: str, reason: str, actor: Account | None) -> None:
    row.refresh_from_db()
    if isinstance(row, Submission):
        act, of, challenge = f"submission {act}", name_of(row), row.team.challenge
    else:
        of, challenge = row.name, row.challenge
    audit.record(act, of, actor=actor, challenge=challenge, reason=reason.strip())


def _write(row: Team | Submission, subject: str, what: str) -> None:
    team = row.team if isinstance(row, Submission) else row
    outbox.write_to(team, subject, f"The organisers of {team.challenge.title} {what}\n")


def require_not_disqualified(account: Account, challenge: Challenge) -> None:
    """Refuse members of a disqualified team, and those who submitted for it.

    Raises:
        NotAllowed: it was; the message says why.
    """
    for_it = Q(members__account=account) | Q(submissions__account=account)
    team = challenge.teams.filter(for_it, disqualified_at__isnull=False).first()
    if team is not None:
        raise _disqualified(team)


def require_team_in_force(team: Team) -> None:
    """Refuse a disqualified team.

    Raises:
        NotAllowed: it was; the message says why.
    """
    if team.disqualified_at is not None:
        raise _disqualified(team)


def _disqualified(team: Team) -> NotAllowed:
    return NotAllowed(
        f"Team {team.name} is disqualified ({team.disqualified_for}): it and its members cannot submit or change teams."
        " If you think this is a mistake, contact the organisers."
    )
