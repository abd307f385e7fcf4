"""A challenge: its texts, who may take part, and its overall dates."""

from __future__ import annotations

from django.db import models


class Challenge(models.Model):
    """What a challenge file describes; see `services.challenge_file`."""

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=200)
    summary = models.CharField(max_length=500, blank=True)
    sponsor = models.CharField(max_length=200, blank=True)
    supporters = models.JSONField(default=list, blank=True)
    overview = models.TextField(blank=True, help_text="Markdown")
    data = models.TextField(blank=True, help_text="Markdown")
    rules = models.TextField(blank=True, help_text="Markdown")
    prizes_text = models.TextField(blank=True, help_text="Markdown")
    faq = models.TextField(blank=True, help_text="Markdown")
    rules_version = models.CharField(max_length=50, help_text="a new version must be accepted again")
    ends_at = models.DateTimeField()
    territory = models.TextField(blank=True, help_text="where participants may reside, as text")
    excluded_countries = models.JSONField(default=list, blank=True, help_text="two-letter codes (ISO 3166)")
    minimum_age = models.PositiveSmallIntegerField(default=18)
    attestations = models.JSONField(default=dict, blank=True, help_text="name -> statement")

    def __str__(self) -> str:
        return self.title
