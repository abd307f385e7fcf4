"""The data of a challenge, and the regions to download it from."""

from __future__ import annotations

from django.db import models

from copytrace.hosting.models.challenge import Challenge


class Dataset(models.Model):
    """A set of files downloaded together, such as the references."""

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="datasets")
    slug = models.SlugField()
    title = models.CharField(max_length=200)
    place = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("place",)
        constraints = (models.UniqueConstraint(fields=["challenge", "slug"], name="one_dataset_of_a_name"),)

    def __str__(self) -> str:
        return f"{self.challenge.slug}/{self.slug}"


class DataFile(models.Model):
    """One file of a data set."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="files")
    path = models.CharField(max_length=300, help_text="relative to the data set's folder at every mirror")
    size = models.PositiveBigIntegerField(help_text="bytes")
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ("path",)

    def __str__(self) -> str:
        return self.path


class Mirror(models.Model):
    """Where a challenge's data is in one region; each data set is a folder below it."""

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="mirrors")
    region = models.CharField(max_length=50)
    title = models.CharField(max_length=100)
    url = models.CharField(
        max_length=500, blank=True, help_text="s3://... or https://...; shown only to participants"
    )
    place = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("place",)

    def __str__(self) -> str:
        return f"{self.challenge.slug}: {self.title}"
