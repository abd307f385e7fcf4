"""Who takes part: a participant per account and challenge, in one team of that challenge."""

from __future__ import annotations

from django.db import models

from copytrace.hosting.models.account import Account
from copytrace.hosting.models.challenge import Challenge
from copytrace.hosting.models.phase import Phase


class Team(models.Model):
    """Shares submissions, limits and a place on the leaderboards; a single person is a team too.

    Attributes:
        link: the secret in the invitation link, with which anyone can join; empty if there is none.
    """

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="teams")
    name = models.CharField(max_length=60)
    created_at = models.DateTimeField(auto_now_add=True)
    link = models.CharField(max_length=64, blank=True)
    disqualified_at = models.DateTimeField(
        null=True, blank=True, help_text="not ranked and wins no prizes; its submissions stay on record"
    )
    disqualified_for = models.CharField(max_length=500, blank=True, help_text="the reason, sent to the team")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["challenge", "name"], name="one_team_of_a_name"),)

    def __str__(self) -> str:
        return self.name


class Participant(models.Model):
    """An account in a challenge: its declarations, the version of the rules it accepted and when, and its team."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="participations")
    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="participants")
    country = models.CharField(max_length=2, help_text="declared residence (ISO 3166)")
    of_age = models.BooleanField(
        help_text="declared: of age where they live, and as old as the rules require"
    )
    rules_version = models.CharField(max_length=50)
    accepted_at = models.DateTimeField()
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="members")
    leads = models.BooleanField(default=False, help_text="may invite and remove members")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["account", "challenge"], name="one_participant_each"),)

    def __str__(self) -> str:
        return f"{self.account} in {self.challenge.slug}"


class PastMember(models.Model):
    """An account that the organisers removed from a team; the team's attempts during its membership still count for it.

    Attributes:
        joined_at: when it joined; NULL if it was a founding member.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="past_members")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="past_teams")
    joined_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.account} in {self.team} until {self.left_at:%Y-%m-%d %H:%M}"


class Invitation(models.Model):
    """Lets one account into a team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="invitations")
    invited_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["team", "account"], name="one_invitation_each"),)

    def __str__(self) -> str:
        return f"{self.account} to {self.team}"


class Allowance(models.Model):
    """A team's extra attempts in a phase; the row is locked while its attempts are counted."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="allowances")
    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="+")
    extra = models.PositiveIntegerField(default=0, help_text="attempts beyond the phase's limits, per track")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["team", "phase"], name="one_allowance_each"),)

    def __str__(self) -> str:
        return f"{self.team} in {self.phase}: {self.extra} more"
