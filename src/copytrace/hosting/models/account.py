"""One account per person, and the tokens of programs that act for it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models, transaction
from django.db.models.functions import Now


class Account(AbstractUser):
    """A person. Organisers are those with `is_staff`."""

    email = models.EmailField("e-mail address", unique=True)

    def save(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own
        """Save the row; a new password revokes the account's tokens, just as it ends its sessions."""
        # Django keeps a new password here until it is saved.
        changed = not self._state.adding and getattr(self, "_password", None) is not None
        with transaction.atomic():
            super().save(*args, **kwargs)
            if changed:
                self.tokens.filter(revoked_at=None).update(revoked_at=Now())


class Token(models.Model):
    """What a program sends instead of a password; only its digest is stored."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100, help_text="name given by its owner")
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(help_text="read, submit, organise")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="rounded to the hour")
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} of {self.account}"
