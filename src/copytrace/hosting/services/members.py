"""Who takes part in a challenge, and who belongs to a team."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from copytrace.hosting.models import Participant

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from copytrace.hosting.models import Account, Allowance, Challenge, Invitation, Team


def part_of(challenge: Challenge, account: Account) -> Participant | None:
    """The account's participation in a challenge, if it has joined."""
    rows = Participant.objects.select_related("team", "account", "challenge")
    return rows.filter(challenge=challenge, account=account).first()


def participants(challenge: Challenge, matching: str = "") -> QuerySet[Participant]:
    """All participants, latest first.

    Args:
        challenge: the challenge.
        matching: text that the username, e-mail address or team must contain.
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
    """The number of participants."""
    return challenge.participants.count()


def count_teams(challenge: Challenge) -> int:
    """The number of teams."""
    return challenge.teams.count()


def members_of(team: Team) -> list[Participant]:
    """The members of a team, in the order they joined the challenge."""
    return list(team.members.select_related("account").order_by("pk"))


def invited_to(team: Team) -> list[Invitation]:
    """The open invitations of a team, oldest first."""
    return list(team.invitations.select_related("account").order_by("pk"))


def invitations_of(participant: Participant) -> list[Invitation]:
    """The open invitations of a person to teams of a challenge."""
    rows = participant.account.invitations.filter(team__challenge=participant.challenge_id)
    return list(rows.select_related("team").order_by("pk"))


def granted_to(team: Team) -> list[Allowance]:
    """The extra attempts that organisers granted a team."""
    return list(team.allowances.filter(extra__gt=0).select_related("phase"))
