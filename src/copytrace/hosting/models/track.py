"""A track: the kind of file to submit, with its own leaderboard and prizes."""

from __future__ import annotations

from django.db import models

from copytrace.hosting.models.challenge import Challenge
from copytrace.records import MAX_DIMS


class Track(models.Model):
    """One track of a challenge."""

    class Kind(models.TextChoices):
        """What a submission is."""

        MATCHING = "matching", "scores of pairs (CSV)"
        DESCRIPTOR = "descriptor", "vectors compared by Euclidean distance (HDF5)"

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="tracks")
    slug = models.SlugField()
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind)
    max_dims = models.PositiveSmallIntegerField(default=MAX_DIMS)
    place = models.PositiveSmallIntegerField(default=0, help_text="order on the page")

    class Meta:
        ordering = ("place",)
        constraints = (models.UniqueConstraint(fields=["challenge", "slug"], name="one_track_of_a_name"),)

    def __str__(self) -> str:
        return f"{self.challenge.slug}/{self.slug}"
