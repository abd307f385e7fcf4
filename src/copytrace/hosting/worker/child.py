"""The process that opens one uploaded file: sandboxed, without Django, the database or the host's secrets.

At worst, a hostile or huge file kills this process. It sends its findings to the worker as JSON, which unlike a pickle
is safe to read.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import multiprocessing
import os
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import asdict, replace
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from copytrace.engines.limited import limit_process
from copytrace.errors import CopytraceError
from copytrace.evaluation import bootstrap_micro_ap, percentile_interval, score_judged
from copytrace.hosting.worker.frozen_references import differing_references, fault_of
from copytrace.hosting.worker.plots import plots_of
from copytrace.pipelines.score_submission import judge_submission
from copytrace.submissions import check_submission, open_frozen, read_id_list, reference_digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from copytrace.evaluation import Judged
    from copytrace.hosting.services.job import Job
    from copytrace.records import Score

_TOLD_EVERY = 0.5
"""Seconds between progress reports."""


def run(job: Job, pipe: Connection) -> None:
    """Do the job and send the result: faults and facts of a check, measures of a score, or a problem."""
    threading.Thread(target=_die_with_worker, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_process(job.limits)
    try:
        outcome = _check(job) if job.stage == "check" else _score(job, pipe)
    except MemoryError:
        outcome = {"problem": f"scoring needs more memory than the limit of {job.limits.memory:,} bytes"}
    except (CopytraceError, OSError) as error:
        outcome = {"problem": f"{type(error).__name__}: {error}"}
    _send(pipe, outcome)


def _send(pipe: Connection, message: dict[str, Any]) -> None:
    pipe.send_bytes(json.dumps(message).encode())


def _die_with_worker() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _check(job: Job) -> dict[str, Any]:
    path = Path(job.path)
    frozen = Path(job.frozen) if job.frozen else None
    report = check_submission(
        path,
        queries=read_id_list(Path(job.query_ids)),
        references=read_id_list(Path(job.reference_ids)),
        track=job.track,
        frozen=frozen if job.queries_only else None,
    )
    faults = list(report.faults)
    facts = dict(report.facts)
    if int(facts.get("dimensions", 0)) > job.max_dims:
        faults.append(
            f"{path}: has {facts['dimensions']} dimensions; this track accepts at most {job.max_dims}."
        )
    if not faults and frozen is not None and not job.queries_only:
        differing = differing_references(path, frozen)
        faults += [f"{path}: {fault_of(differing, 'the frozen entry')}"] if differing else []
    facts["sha256"] = _sha256(path)
    if not faults and job.digest:
        with open_frozen(path) as references:
            facts["reference_sha256"] = reference_digest(references.ids, references.vectors)
    return {"faults": [fault.replace(job.path, job.shown) for fault in faults], "facts": facts}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _score(job: Job, pipe: Connection) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    replicates: dict[str, str | None] = {}
    plots: dict[str, Any] = {}
    files = list(dict.fromkeys(job.truths.values()))
    for number, truth in enumerate(files):
        judged = judge_submission(
            Path(job.path),
            Path(truth),
            frozen=Path(job.frozen) if job.queries_only and job.frozen else None,
            threads=job.threads,
            progress=_Told(pipe, number / len(files), 1 / len(files)),
        )
        found[truth], replicates[truth] = _measured(judged, job)
        if truth == job.truths["public"]:
            plots = plots_of(judged)
    return {
        "measures": {board: found[truth] for board, truth in job.truths.items()},
        "replicates": {board: replicates[truth] for board, truth in job.truths.items()},
        "plots": plots,
    }


def _measured(judged: Judged, job: Job) -> tuple[dict[str, Any], str | None]:
    """The measures, and the bootstrap replicates of micro-AP as base64 of float32."""
    score = score_judged(judged, bootstrap=0)
    if not job.bootstrap:
        return _measures(score), None
    values = bootstrap_micro_ap(judged, job.bootstrap, threads=job.threads)
    kept = base64.b64encode(values.astype("<f4").tobytes()).decode()
    return _measures(replace(score, interval=percentile_interval(values))), kept


def _measures(score: Score) -> dict[str, Any]:
    """The measures for JSON, with None in place of non-finite values."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in asdict(score).items()
    }


class _Told:
    """Reports progress to the worker: the share done, and the seconds left at this speed."""

    def __init__(self, pipe: Connection, start: float, share: float) -> None:
        self._pipe = pipe
        self._start, self._share = start, share
        self._begun = self._told = time.monotonic()

    @contextmanager
    def task(self, label: str, total: int | None, unit: str = "") -> Iterator[_Told]:  # noqa: ARG002 - the protocol
        """Start a piece of work."""
        self._total, self._done = total, 0
        yield self

    def advance(self, count: int = 1, *, earlier: bool = False) -> None:  # noqa: ARG002 - the protocol
        """Report progress, at most twice a second."""
        self._done += count
        now = time.monotonic()
        if self._total and now - self._told >= _TOLD_EVERY:
            self._told = now
            share = self._done / self._total
            left = (now - self._begun) * (1 - share) / share
            _send(self._pipe, {"share_done": self._start + self._share * share, "seconds_left": left})

    def show(self, text: str) -> None:
        """Ignore the text; the site shows the share and the time left."""

    def note(self, message: str) -> None:
        """Ignore the message; the skipped rows that it counts belong to the other board."""
