"""Prizes by place, and the checklist of each team that may win one."""

from __future__ import annotations

from django.db import models

from copytrace.hosting.models.phase import Phase
from copytrace.hosting.models.team import Team
from copytrace.hosting.models.track import Track


class Prize(models.Model):
    """What a place on a leaderboard is worth."""

    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="prizes")
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="prizes")
    place = models.PositiveSmallIntegerField()
    amount = models.CharField(max_length=50, help_text="such as $50,000")

    class Meta:
        ordering = ("place",)
        constraints = (
            models.UniqueConstraint(fields=["phase", "track", "place"], name="one_prize_of_a_place"),
        )

    def __str__(self) -> str:
        return f"{self.place}. {self.amount}"


class Finalist(models.Model):
    """The checklist of a team that may win a prize; a team that declines keeps its place on the leaderboard."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    phase = models.ForeignKey(Phase, on_delete=models.CASCADE, related_name="+")
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="+")
    licence = models.CharField(
        max_length=60, blank=True, help_text="open source licence of the solution (SPDX)"
    )
    repository = models.CharField(max_length=300, blank=True)
    report = models.CharField(max_length=300, blank=True)
    eligible = models.BooleanField(default=False, help_text="verified by an organiser")
    declined = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["team", "phase", "track"], name="one_checklist_each"),)

    def __str__(self) -> str:
        return f"{self.team}: {self.phase}"
