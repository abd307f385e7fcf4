"""Runs for workers on other machines: what they need to know, and the files they may read while they hold a run."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING, Any

from copytrace.hosting.models import ScoringRun
from copytrace.hosting.services import queue, stored_files
from copytrace.hosting.services.jobs import job_of
from copytrace.hosting.services.problems import NotFound, Problem

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.hosting.services.job import Job


def claim(worker: str, version: str) -> ScoringRun | None:
    """Take the next run for a worker, or None if there is none.

    Raises:
        Problem: the worker runs another version, whose scores may differ.
    """
    if version != (here := installed_version("copytrace")):
        raise Problem(
            f"This worker runs copytrace {version}; the host runs {here}. Install the same version."
        )
    return queue.claim(worker)


def held(run_id: int, token: str) -> ScoringRun:
    """The run that a worker holds.

    Raises:
        NotFound: it does not exist, or is no longer this worker's.
    """
    rows = ScoringRun.objects.select_related("submission__phase", "submission__track")
    run = rows.filter(pk=run_id, token=token, state=ScoringRun.State.RUNNING).first() if token else None
    if run is None:
        raise NotFound(f"Run {run_id} is not yours, or no longer.")
    return run


def described(run: ScoringRun) -> dict[str, Any]:
    """A run's job, in which stored names stand for files, and those files with their sizes."""
    job = job_of(run, str)
    files = [{"name": name, "size": stored_files.place(name).stat().st_size} for name in files_of(job)]
    return {"job": asdict(job), "files": files}


def place_of(run: ScoringRun, name: str) -> Path:
    """Where a file lies that the job of a run reads.

    Raises:
        NotFound: the run reads no file of this name.
    """
    if name not in files_of(job_of(run, str)):
        raise NotFound(f"Run {run.pk} has no file {name!r}.")
    return stored_files.place(name)


def files_of(job: Job) -> list[str]:
    """The files that a job reads."""
    names = [job.path, job.query_ids, job.reference_ids, job.frozen, *job.truths.values()]
    return list(dict.fromkeys(name for name in names if name))
