"""A phase: when it is open, what teams submit, how often, and which scores are shown."""

from __future__ import annotations

from django.db import models

from copytrace.hosting.models.challenge import Challenge


class Phase(models.Model):
    """One phase of a challenge, for all its tracks.

    Attributes:
        grace_seconds: an upload that began before the phase closed counts if it completes within this time.
        query_ids, reference_ids: names of stored files, one ID per line.
        truth_public, truth_private: names of stored truth files; the private part is scored in the same run.
        truth_version: digest of both, recorded with each score.
        frozen_after: the phase whose nominated submissions fix code and model for this one.
        blind: no score leaves the host while the phase runs.
    """

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="phases")
    slug = models.SlugField()
    title = models.CharField(max_length=200)
    place = models.PositiveSmallIntegerField(default=0, help_text="order on the page")
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    grace_seconds = models.PositiveIntegerField(default=3600)
    limit_total = models.PositiveIntegerField(null=True, blank=True, help_text="per team and track")
    limit_per_day = models.PositiveIntegerField(
        null=True, blank=True, help_text="per team and track, UTC days"
    )
    query_ids = models.CharField(max_length=200, blank=True)
    query_count = models.PositiveIntegerField(default=0)
    reference_ids = models.CharField(max_length=200, blank=True)
    reference_count = models.PositiveIntegerField(default=0)
    truth_public = models.CharField(max_length=200, blank=True)
    truth_private = models.CharField(max_length=200, blank=True)
    truth_version = models.CharField(max_length=64, blank=True)
    frozen_after = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    blind = models.BooleanField(default=False)
    reveal_on_close = models.BooleanField(default=True, help_text="otherwise an organiser reveals the scores")
    revealed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("place",)
        constraints = (models.UniqueConstraint(fields=["challenge", "slug"], name="one_phase_of_a_name"),)

    def __str__(self) -> str:
        return f"{self.challenge.slug}/{self.slug}"
