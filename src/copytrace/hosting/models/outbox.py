"""E-mails for a worker to send, so that no request waits for a mail server."""

from __future__ import annotations

from django.db import models


class Mail(models.Model):
    """One e-mail; `sent_at` is set once a mail server has accepted it."""

    to = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.subject} to {self.to}"
