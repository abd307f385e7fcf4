"""Turns a claimed run into a job for a child process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from django.conf import settings

from copytrace.engines.limited import Limits
from copytrace.hosting.models import Phase, Track
from copytrace.hosting.services.stored_files import place
from copytrace.hosting.services.visibility import BOARDS
from copytrace.hosting.worker.job import Job

if TYPE_CHECKING:
    from copytrace.hosting.models import ScoringRun


def job_of(run: ScoringRun) -> Job:
    """What a child process has to know about a run; everything else stays with the worker."""
    submission = run.submission
    phase, track = submission.phase, submission.track
    descriptor = track.kind == Track.Kind.DESCRIPTOR
    entry = submission.entry
    return Job(
        stage=cast("Literal['check', 'score']", run.stage),
        path=str(place(submission.path)),
        shown=submission.filename or f"submission {submission.pk}",
        track="descriptor" if descriptor else "matching",
        query_ids=str(place(phase.query_ids)),
        reference_ids=str(place(phase.reference_ids)),
        max_dims=track.max_dims,
        frozen=str(place(entry.submission.path)) if entry and descriptor else None,
        queries_only=submission.queries_only,
        digest=descriptor and Phase.objects.filter(frozen_after=phase).exists(),
        truths={board: str(place(getattr(phase, f"truth_{board}"))) for board in BOARDS},
        bootstrap=settings.BOOTSTRAP,
        threads=settings.SCORE_THREADS,
        limits=Limits(settings.CHILD_MEMORY, settings.CHILD_FILES),
    )
