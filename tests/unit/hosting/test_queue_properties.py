"""The lease under any order of events: workers that claim, work, stall, disappear, and return late."""

from __future__ import annotations

from datetime import timedelta

import hypothesis
import pytest
from hypothesis import strategies as st

from copytrace.hosting.models import ScoringRun, Submission
from copytrace.hosting.services import queue

WORKERS = ("a", "b", "c")
ACTS = ("claim", "heartbeat", "pass", "finish", "refuse", "fail", "stop", "wait", "stall")
EVENTS = st.lists(st.tuples(st.sampled_from(WORKERS), st.sampled_from(ACTS)), max_size=25)


class _Workers:
    """The runs that each worker believes it holds, and the results that were confirmed to it."""

    def __init__(self, time, lease: float) -> None:
        self._time, self._lease = time, lease
        self._holds: dict[str, ScoringRun] = {}
        self.scored: list[int] = []

    def do(self, worker: str, act: str) -> None:
        if act in {"wait", "stall"}:
            share = 0.4 if act == "wait" else 1.1
            self._time.time += timedelta(seconds=share * self._lease)
        elif act == "claim":
            if (run := queue.claim(worker)) is not None:
                self._holds[worker] = run
        elif worker in self._holds:
            self._work(self._holds[worker], worker, act)

    def _work(self, run: ScoringRun, worker: str, act: str) -> None:
        if act == "heartbeat":
            queue.heartbeat(run, 0.5, None)
            return
        if run.stage == "check" and act == "finish":
            return
        if run.stage == "score" and act in {"pass", "refuse"}:
            return
        del self._holds[worker]
        if act == "pass":
            queue.pass_check(run, {})
        elif act == "finish" and queue.finish(run, public_score=0.5, private_score=0.5):
            self.scored.append(run.submission_id)
        elif act == "refuse":
            queue.refuse(run, ["a fault"])
        elif act in {"fail", "stop"}:
            queue.give_back(run, act, counts=act == "fail")


def _holds_true(workers: _Workers, attempts: int) -> None:
    assert len(workers.scored) == len(set(workers.scored))
    for run in ScoringRun.objects.select_related("submission"):
        state = run.submission.state
        # The queue and the submission agree.
        expected = {
            "waiting": queue.WAITS[run.stage],
            "running": queue.WORKS[run.stage],
            "done": "scored",
        }.get(run.state)
        assert state == expected if expected else state in {"refused", "failed"}
        assert (run.public_score is not None) == (state == "scored")
        assert run.attempt <= attempts


@pytest.fixture
def teams(make_team):
    return [make_team(name) for name in ("ann", "bea", "cleo")]


@hypothesis.settings(max_examples=30, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(events=EVENTS)
def test_whatever_happens_a_submission_has_one_score_at_most_and_the_rows_agree(
    events, teams, make_received, time, settings
):
    settings.ATTEMPTS = 3
    ScoringRun.objects.all().delete()
    Submission.objects.all().delete()
    for team in teams:
        make_received(team)
    workers = _Workers(time, settings.LEASE_SECONDS)
    for worker, act in events:
        workers.do(worker, act)
        _holds_true(workers, settings.ATTEMPTS)
    _work_to_the_end(time, settings.LEASE_SECONDS)
    assert set(Submission.objects.values_list("state", flat=True)) <= {"scored", "refused", "failed"}


def _work_to_the_end(time, lease):
    """Nothing is lost: a single surviving worker finishes everything."""
    time.time += timedelta(seconds=1.1 * lease)
    while (run := queue.claim("last")) is not None:
        if run.stage == "check":
            assert queue.pass_check(run, {})
        else:
            assert queue.finish(run, public_score=0.5, private_score=0.5)
