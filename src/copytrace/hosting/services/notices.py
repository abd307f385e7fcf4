"""The e-mails to a team about a submission."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.hosting.services import clock, outbox
from copytrace.hosting.services.visibility import scores_visible

if TYPE_CHECKING:
    from copytrace.hosting.models import ScoringRun, Submission


def received(submission: Submission) -> None:
    """It was received, and will be scored if it is valid."""
    _tell(submission, "was received", "We will check it next, and score it if it is valid.")


def refused(submission: Submission) -> None:
    """It was refused; the e-mail lists every fault."""
    faults = "\n".join(f"- {fault}" for fault in submission.faults)
    _tell(submission, "was refused", f"It does not use an attempt. Problems:\n{faults}")


def failed(submission: Submission) -> None:
    """The host could not score it."""
    _tell(
        submission,
        "could not be scored",
        "This is the host's fault and does not use an attempt. The organisers can see the error and retry.",
    )


def scored(submission: Submission, run: ScoringRun) -> None:
    """It is scored; the e-mail contains the score only if it is visible."""
    if scores_visible(submission.phase, "public", clock.now()) and run.public_score is not None:
        _tell(submission, "was scored", f"micro-AP on the public part: {run.public_score:.5f}")
    else:
        _tell(submission, "was scored", "Its score will appear when the scores of this phase are revealed.")


def _tell(submission: Submission, what: str, why: str) -> None:
    outbox.write_to(
        submission.team,
        f"Submission {submission.pk} {what}",
        f"Submission {submission.pk} of team {submission.team.name} to {submission.phase.challenge.title}"
        f" ({submission.phase.title}, {submission.track.title}) {what}.\n\n{why}\n",
    )
