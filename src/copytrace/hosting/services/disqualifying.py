"""Takes a team out of the ranking, and lets it in again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from copytrace.hosting.models import Team
from copytrace.hosting.services import audit, clock, outbox
from copytrace.hosting.services.problems import NotAllowed, Problem, Unusable

if TYPE_CHECKING:
    from copytrace.hosting.models import Account


def disqualify(team: Team, reason: str, actor: Account | None = None) -> None:
    """Take a team's ranks and prizes, and its right to submit; what it handed in stays on record.

    Raises:
        Unusable: no reason is given.
        Problem: it is disqualified already.
    """
    if not reason.strip():
        raise Unusable("A team is told why it is disqualified; give the reason.")
    with transaction.atomic():
        mine = Team.objects.filter(pk=team.pk, disqualified_at=None)
        if not mine.update(disqualified_at=clock.now(), disqualified_for=reason.strip()):
            raise Problem(f"Team {team.name} is disqualified already.")
        team.refresh_from_db()
        audit.record("disqualified", team.name, actor=actor, challenge=team.challenge, reason=reason.strip())
        outbox.write_to(
            team,
            f"Team {team.name} is disqualified",
            f"The organisers of {team.challenge.title} have disqualified team {team.name}: {reason.strip()}\n"
            "It has no rank, takes no prize and cannot submit. If you think that this is wrong, write to them.\n",
        )


def reinstate(team: Team, reason: str, actor: Account | None = None) -> None:
    """Give a disqualified team its ranks back.

    Raises:
        Problem: it is not disqualified.
    """
    with transaction.atomic():
        theirs = Team.objects.filter(pk=team.pk, disqualified_at__isnull=False)
        if not theirs.update(disqualified_at=None, disqualified_for=""):
            raise Problem(f"Team {team.name} is not disqualified.")
        team.refresh_from_db()
        audit.record("reinstated", team.name, actor=actor, challenge=team.challenge, reason=reason.strip())
        outbox.write_to(
            team,
            f"Team {team.name} takes part again",
            f"The organisers of {team.challenge.title} have reinstated team {team.name}: {reason.strip()}\n",
        )


def require_not_disqualified(team: Team) -> None:
    """Refuse a team that was disqualified.

    Raises:
        NotAllowed: it was; the message says why.
    """
    if team.disqualified_at is not None:
        raise NotAllowed(
            f"Team {team.name} is disqualified ({team.disqualified_for}), and cannot submit."
            " If you think that this is wrong, write to the organisers."
        )
