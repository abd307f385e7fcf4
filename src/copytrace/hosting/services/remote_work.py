"""Runs for workers on other machines, and the files they can read while they hold a run."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version as installed_version
from typing import Any

from copytrace.hosting.models import ScoringRun
from copytrace.hosting.services import queue, stored_files
from copytrace.hosting.services.jobs import digests_of, job_of
from copytrace.hosting.services.problems import NotFound, Problem
from copytrace.hosting.storage import FileChanged


def claim(worker: str, version: str) -> ScoringRun | None:
    """Claim the next run for a worker; None if nothing is waiting.

    Raises:
        Problem: the worker runs another version of copytrace, whose scores may differ.
    """
    if version != (here := installed_version("copytrace")):
        raise Problem(
            f"This worker runs copytrace {version}; the host runs {here}. Install the same version."
        )
    return queue.claim(worker)


def held(run_id: int, token: str) -> ScoringRun:
    """The run that a worker holds.

    Raises:
        NotFound: it does not exist, or the worker has lost it.
    """
    rows = ScoringRun.objects.select_related("submission__phase", "submission__track")
    run = rows.filter(pk=run_id, token=token, state=ScoringRun.State.RUNNING).first() if token else None
    if run is None:
        raise NotFound(f"You do not hold run {run_id}. Another worker may have taken it over.")
    return run


def described(run: ScoringRun) -> dict[str, Any] | None:
    """The job of a run, with stored names in place of paths, and its files.

    If one of them was deleted, ends the attempt and returns None.
    """
    job, digests = job_of(run), digests_of(run)
    try:
        files = [asdict(stored_files.described(name, digests[name])) for name in job.files]
    except FileChanged as error:
        queue.give_back(run, str(error))
        return None
    return {"job": asdict(job), "files": files}


def require_file(run: ScoringRun, name: str) -> None:
    """Refuse a file that the run does not read.

    Raises:
        NotFound: the run needs no file of this name.
    """
    if name not in job_of(run).files:
        raise NotFound(f"Run {run.pk} has no file {name!r}.")
