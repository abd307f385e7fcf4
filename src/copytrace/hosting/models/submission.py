"""A submission: a file of one team for one track of one phase, and the state it is in."""

from __future__ import annotations

from django.db import models

from copytrace.hosting.models.account import Account
from copytrace.hosting.models.phase import Phase
from copytrace.hosting.models.team import Team
from copytrace.hosting.models.track import Track


class Submission(models.Model):
    """A team's entry; `services.states.advance` alone changes `state`.

    Attributes:
        upload_started_at, received_at: by the server's clock (UTC); they decide whether the deadline was met.
        faults: every reason why it was refused, for the participant to read.
        current_run: the run whose scores count; `services.current_run` alone sets it.
    """

    class State(models.TextChoices):
        """The states; `services.states.MOVES` says which may follow which."""

        UPLOADING = "uploading"
        RECEIVED = "received"
        CHECKING = "checking"
        QUEUED = "queued"
        SCORING = "scoring"
        SCORED = "scored"
        REFUSED = "refused"
        FAILED = "failed"

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="submissions")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="submissions")
    track = models.ForeignKey(Track, on_delete=models.PROTECT, related_name="submissions")
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="submissions")
    upload = models.OneToOneField(
        "Upload", null=True, blank=True, on_delete=models.SET_NULL, related_name="submission"
    )
    path = models.CharField(max_length=200, blank=True, help_text="name of the stored file")
    filename = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    state = models.CharField(max_length=20, choices=State, default=State.UPLOADING)
    state_at = models.DateTimeField()
    upload_started_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True, blank=True)
    faults = models.JSONField(default=list, blank=True)
    facts = models.JSONField(
        default=dict, blank=True, help_text="what the check found: rows, dimensions, digests"
    )
    queries_only = models.BooleanField(default=False)
    entry = models.ForeignKey(
        "Nomination", null=True, blank=True, on_delete=models.PROTECT, related_name="submissions"
    )
    code_sha256 = models.CharField(max_length=64, blank=True)
    weights_sha256 = models.CharField(max_length=64, blank=True)
    attested = models.JSONField(default=list, blank=True)
    reason = models.CharField(
        max_length=500, blank=True, help_text="reason for another entry in a phase with nominations"
    )
    current_run = models.ForeignKey(
        "ScoringRun", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    disqualified_at = models.DateTimeField(
        null=True, blank=True, help_text="not ranked; the team's next best submission counts"
    )
    disqualified_for = models.CharField(max_length=500, blank=True, help_text="the reason, sent to the team")

    class Meta:
        indexes = (
            models.Index(fields=["phase", "track", "state"], name="submission_board"),
            models.Index(fields=["team", "phase", "track"], name="submission_attempts"),
        )

    def __str__(self) -> str:
        return f"{self.pk} of {self.team} ({self.state})"


class Nomination(models.Model):
    """An entry whose code and model are frozen for a later phase: one per model.

    In the descriptor track `submission` holds the frozen references, and `reference_sha256` is their digest,
    computed by the host. In the matching track the team must declare the same digests of code and weights again.
    """

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="nominations")
    submission = models.OneToOneField(Submission, on_delete=models.PROTECT, related_name="nomination")
    label = models.CharField(max_length=60)
    code_sha256 = models.CharField(max_length=64)
    weights_sha256 = models.CharField(max_length=64)
    archive = models.CharField(
        max_length=200, blank=True, help_text="name of the stored archive, if it was uploaded"
    )
    reference_sha256 = models.CharField(max_length=64, blank=True)
    nominated_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["team", "label"], name="one_entry_of_a_label"),)

    def __str__(self) -> str:
        return f"{self.label} of {self.team}"
