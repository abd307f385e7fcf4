"""A scoring run: a row of the queue while there is work, afterwards the record of a score."""

from __future__ import annotations

from django.db import models

from copytrace.hosting.models.account import Account
from copytrace.hosting.models.phase import Phase
from copytrace.hosting.models.submission import Submission


class Rescore(models.Model):
    """A re-score of all submissions of a phase; its runs count from when it is applied until it is reversed."""

    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="rescores")
    reason = models.CharField(max_length=500)
    begun_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    begun_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    reversed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.pk} of {self.phase}"


class ScoringRun(models.Model):
    """One piece of work for a worker, and its result; it never changes once done.

    Attributes:
        stage: `check` first, then `score`.
        token: issued with each claim; only its holder may write (the fence).
        attempt: how often this stage was started.
        public_plots: points of the precision-recall curve and of the histogram of scores, for the public part only.
        public_score, private_score: micro-AP, NULL unless finite.
        public_replicates, private_replicates: micro-AP of each bootstrap replicate, float32, little-endian. Replicate i
            draws the same queries in all runs against one version of the truth, so that two runs can be compared.
    """

    class Stage(models.TextChoices):
        """What to do."""

        CHECK = "check"
        SCORE = "score"

    class State(models.TextChoices):
        """Where the row is in the queue."""

        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        DEAD = "dead"

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="runs")
    rescore = models.ForeignKey(Rescore, null=True, blank=True, on_delete=models.PROTECT, related_name="runs")
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.CHECK)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=200, blank=True)
    token = models.CharField(max_length=32, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    share_done = models.FloatField(default=0.0)
    seconds_left = models.FloatField(null=True, blank=True)
    scorer_version = models.CharField(max_length=50, blank=True)
    truth_version = models.CharField(max_length=64, blank=True)
    # Short columns first: a database that reads rows from the start reaches a score without the long ones.
    public_score = models.FloatField(null=True, blank=True)
    private_score = models.FloatField(null=True, blank=True)
    public_measures = models.JSONField(null=True, blank=True)
    private_measures = models.JSONField(null=True, blank=True)
    public_plots = models.JSONField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    machine = models.CharField(max_length=200, blank=True)
    log = models.TextField(blank=True)
    public_replicates = models.BinaryField(null=True, blank=True)
    private_replicates = models.BinaryField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["state", "lease_expires_at"], name="run_queue"),
            models.Index(fields=["started_at"], name="run_started"),
        )

    def __str__(self) -> str:
        return f"run {self.pk} of submission {self.submission_id}: {self.stage} {self.state}"
