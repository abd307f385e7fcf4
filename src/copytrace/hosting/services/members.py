"""Who takes part in a challenge, and who belongs to a team."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from copytrace.hosting.models import Participant

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from copytrace.hosting.models import Account, Allowance, Challenge, Invitation, Team


def part_of(challenge: Challenge, account: Account) -> Participant | None:
    """The account's part in a challenge, if it has joined."""
    rows = Participant.objects.select_related("team", "account", "challenge")
    return rows.filter(challenge=challenge, account=account).first()


def participants(challenge: Challenge, matching: str = "") -> QuerySet[Participant]:
    """Everybody who joined, the latest first.

    Args:
        challenge: which.
        matching: only those whose username, e-mail address or team contains this text.
    """
    rows = Participant.objects.filter(challenge=challenge).select_related("account", "team")
    if matching:
        rows = rows.filter(
            Q(account__username__icontains=matching)
            | Q(account__email__icontains=matching)
            | Q(team__name__icontains=matching)
        )
    return rows.order_by("-accepted_at", "-pk")


def count_participants(challenge: Challenge) -> int:
    """How many people have joined."""
    return challenge.participants.count()


def count_teams(challenge: Challenge) -> int:
    """How many teams there are."""
    return challenge.teams.count()


def members_of(team: Team) -> list[Participant]:
    """The members of a team, in the order in which they joined the challenge."""
    return list(team.members.select_related("account").order_by("pk"))


def invited_to(team: Team) -> list[Invitation]:
    """The open invitations of a team, the oldest first."""
    return list(team.invitations.select_related("account").order_by("pk"))


def invitations_of(participant: Participant) -> list[Invitation]:
    """The open invitations of a person to teams of a challenge."""
    rows = participant.account.invitations.filter(team__challenge=participant.challenge_id)
    return list(rows.select_related("team").order_by("pk"))


def granted_to(team: Team) -> list[Allowance]:
    """The attempts that organisers granted a team beyond the limits."""
    return list(team.allowances.filter(extra__gt=0).select_related("phase"))
