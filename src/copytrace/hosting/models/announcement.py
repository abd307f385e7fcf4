"""Organisers' announcements to everybody in a challenge."""

from __future__ import annotations

from django.db import models

from copytrace.hosting.models.account import Account
from copytrace.hosting.models.challenge import Challenge


class Announcement(models.Model):
    """One announcement; once withdrawn, it is no longer shown but stays on record."""

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="announcements")
    title = models.CharField(max_length=150)
    text = models.TextField(help_text="Markdown")
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-published_at", "-pk")

    def __str__(self) -> str:
        return self.title
