"""Turns a claimed run into a job for a child process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from django.conf import settings

from copytrace.engines.limited import Limits
from copytrace.hosting.models import Phase, Track
from copytrace.hosting.services.job import Job
from copytrace.hosting.services.stored_files import digest_in
from copytrace.hosting.services.visibility import BOARDS

if TYPE_CHECKING:
    from copytrace.hosting.models import ScoringRun


def job_of(run: ScoringRun) -> Job:
    """The job of a run for a child process, with stored names in place of paths."""
    submission = run.submission
    phase, track = submission.phase, submission.track
    descriptor = track.kind == Track.Kind.DESCRIPTOR
    entry = submission.entry
    return Job(
        stage=cast("Literal['check', 'score']", run.stage),
        path=submission.path,
        shown=submission.filename or f"submission {submission.pk}",
        track="descriptor" if descriptor else "matching",
        query_ids=phase.query_ids,
        reference_ids=phase.reference_ids,
        max_dims=track.max_dims,
        frozen=entry.submission.path if entry and descriptor else None,
        queries_only=submission.queries_only,
        digest=descriptor and Phase.objects.filter(frozen_after=phase).exists(),
        truths={board: getattr(phase, f"truth_{board}") for board in BOARDS},
        bootstrap=settings.BOOTSTRAP,
        threads=settings.SCORE_THREADS,
        limits=Limits(settings.CHILD_MEMORY, settings.CHILD_FILES),
    )


def digests_of(run: ScoringRun) -> dict[str, str]:
    """The names of the files that a run reads, with the first digits of their SHA-256; empty before the check."""
    submission, phase = run.submission, run.submission.phase
    read = [submission, *([submission.entry.submission] if submission.entry else [])]
    lists = [phase.query_ids, phase.reference_ids, *(getattr(phase, f"truth_{board}") for board in BOARDS)]
    return {name: digest_in(name) for name in lists} | {
        one.path: str(one.facts.get("sha256", "")) for one in read
    }
