"""Turns a claimed run into a job for a child process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from django.conf import settings

from copytrace.engines.limited import Limits
from copytrace.hosting.models import Phase, Track
from copytrace.hosting.services.job import Job
from copytrace.hosting.services.stored_files import place
from copytrace.hosting.services.visibility import BOARDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.hosting.models import ScoringRun


def job_of(run: ScoringRun, locate: Callable[[str], object] = place) -> Job:
    """What a child process has to know about a run; everything else stays with the worker.

    Args:
        run: the run.
        locate: gives the path of a stored file.
    """
    submission = run.submission
    phase, track = submission.phase, submission.track
    descriptor = track.kind == Track.Kind.DESCRIPTOR
    entry = submission.entry
    return Job(
        stage=cast("Literal['check', 'score']", run.stage),
        path=str(locate(submission.path)),
        shown=submission.filename or f"submission {submission.pk}",
        track="descriptor" if descriptor else "matching",
        query_ids=str(locate(phase.query_ids)),
        reference_ids=str(locate(phase.reference_ids)),
        max_dims=track.max_dims,
        frozen=str(locate(entry.submission.path)) if entry and descriptor else None,
        queries_only=submission.queries_only,
        digest=descriptor and Phase.objects.filter(frozen_after=phase).exists(),
        truths={board: str(locate(getattr(phase, f"truth_{board}"))) for board in BOARDS},
        bootstrap=settings.BOOTSTRAP,
        threads=settings.SCORE_THREADS,
        limits=Limits(settings.CHILD_MEMORY, settings.CHILD_FILES),
    )
