"""One account per person, and the tokens by which programs act for it."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class Account(AbstractUser):
    """A person. Organisers are those with `is_staff`."""

    email = models.EmailField("e-mail address", unique=True)


class Token(models.Model):
    """What a program shows in the place of a password; only its digest is stored."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100, help_text="what the person calls it")
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(help_text="read, submit, organise")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} of {self.account}"
