"""The audit log: what organisers did and how states changed. Rows are added, never changed."""

from __future__ import annotations

from typing import NoReturn

from django.db import models

from copytrace.errors import CopytraceError
from copytrace.hosting.models.account import Account
from copytrace.hosting.models.challenge import Challenge


class AppendOnlyError(CopytraceError):
    """Someone tried to change or delete a row of an append-only table."""


class AuditRows(models.QuerySet["AuditEntry"]):
    """Rows that can only be read and added."""

    def update(self, **_: object) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError(
            "The audit log is append-only; a row cannot be changed. Add another that explains."
        )

    def delete(self) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError("The audit log is append-only; a row cannot be deleted.")


class AuditEntry(models.Model):
    """One action or change of state."""

    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    challenge = models.ForeignKey(Challenge, null=True, on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    details = models.JSONField(default=dict)

    objects = AuditRows.as_manager()

    class Meta:
        ordering = ("pk",)
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.act} {self.subject}"

    def save(self, *args: object, **kwargs: object) -> None:
        """Add the row; refuse to change an existing one."""
        if self.pk is not None:
            raise AppendOnlyError(
                "The audit log is append-only; a row cannot be changed. Add another that explains."
            )
        super().save(*args, **kwargs)

    def delete(self, *_: object, **__: object) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError("The audit log is append-only; a row cannot be deleted.")
