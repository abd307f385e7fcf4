"""An upload to the site or its bucket, possibly in many pieces over many connections."""

from __future__ import annotations

import uuid

from django.db import models

from copytrace.hosting.models.account import Account


class Upload(models.Model):
    """One upload, by the tus protocol or part by part to a bucket; its bytes are the stored file `path`.

    Attributes:
        offset: number of bytes safely stored.
        finished_at: when the last byte was stored, by the server's clock.
        busy_until: the request that is writing holds the upload until then, so that two cannot write at once;
            afterwards, the time when the last one ended.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="uploads")
    filename = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField()
    offset = models.PositiveBigIntegerField(default=0)
    path = models.CharField(max_length=200)
    multipart = models.TextField(blank=True, help_text="ID of the multipart upload to the bucket")
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    busy_until = models.DateTimeField(null=True, blank=True)
    lock = models.CharField(max_length=32, blank=True)

    def __str__(self) -> str:
        return f"{self.filename or self.id}: {self.offset} of {self.size} bytes"
