from __future__ import annotations

from datetime import timedelta

from copytrace.hosting.models import ScoringRun, Submission
from copytrace.hosting.services import queue


def _state(run):
    return Submission.objects.get(pk=run.submission_id).state


def test_a_run_is_claimed_by_one_worker_only(make_received):
    run = make_received()
    assert queue.claim("a").pk == run.pk
    assert queue.claim("b") is None
    assert _state(run) == "checking"


def test_two_workers_that_saw_the_same_row_do_not_both_get_it(make_received, time):
    make_received()
    (seen,) = queue.waiting(time.time)
    assert queue._take(seen, "a", time.time)
    assert not queue._take(seen, "b", time.time)


def test_a_run_whose_lease_has_expired_is_claimed_again(make_received, time, settings):
    run = make_received()
    first = queue.claim("a")
    time.time += timedelta(seconds=settings.LEASE_SECONDS + 0.1)
    second = queue.claim("b")
    assert (second.pk, second.attempt, second.worker) == (run.pk, 2, "b")
    assert first.token != second.token


def test_a_heartbeat_keeps_the_lease(make_received, time, settings):
    make_received()
    run = queue.claim("a")
    for _ in range(3):
        time.time += timedelta(seconds=settings.LEASE_SECONDS / 2)
        assert queue.heartbeat(run, 0.5, 3.0)
    assert queue.claim("b") is None


def test_a_late_worker_changes_nothing(make_received, time, settings):
    make_received()
    late = queue.claim("a")
    time.time += timedelta(seconds=settings.LEASE_SECONDS + 1)
    run = queue.claim("b")
    assert not queue.heartbeat(late, 0.5, None)
    assert not queue.pass_check(late, {"rows": 1})
    assert not queue.refuse(late, ["a fault"])
    assert not queue.finish(late, public_score=0.9)
    assert not queue.give_back(late, "late")
    assert ScoringRun.objects.get(pk=run.pk).token == run.token
    assert _state(run) == "checking"


def test_a_valid_file_is_scored_in_two_stages(make_received):
    make_received()
    check = queue.claim("a")
    assert queue.pass_check(check, {"rows": 1})
    assert _state(check) == "queued"
    score = queue.claim("a")
    assert (score.stage, score.attempt, _state(score)) == ("score", 1, "scoring")
    assert queue.finish(score, public_score=0.9, private_score=0.8)
    assert _state(score) == "scored"
    assert Submission.objects.get().current_run.public_score == 0.9
    assert queue.claim("a") is None


def test_after_the_last_attempt_it_fails_and_no_worker_gets_it_again(make_received, time, settings):
    settings.ATTEMPTS = 2
    run = make_received()
    for _ in range(2):
        assert queue.claim("a").pk == run.pk
        time.time += timedelta(seconds=settings.LEASE_SECONDS + 1)
    assert queue.claim("a") is None
    assert _state(run) == "failed"
    assert "the worker was lost\ngiven up after 2 attempts" in ScoringRun.objects.get().log


def test_failed_submissions_can_be_queued_again(make_received, settings, time):
    settings.ATTEMPTS = 1
    make_received()
    assert queue.give_back(queue.claim("a"), "no luck")
    submission = Submission.objects.get()
    assert submission.state == "failed"
    queue.requeue(submission)
    assert queue.claim("a").attempt == 1


def test_an_attempt_returned_by_a_stopping_worker_does_not_count(make_received):
    run = make_received()
    assert queue.give_back(queue.claim("a"), "stopped", counts=False)
    assert _state(run) == "received"
    assert queue.claim("b").attempt == 1


def test_the_phase_that_closes_first_comes_first(make_received, two):
    later = make_received(phase=two)
    sooner = make_received()
    assert [run.pk for run in (queue.claim("a"), queue.claim("a"))] == [sooner.pk, later.pk]


def test_a_team_that_had_many_runs_waits_for_the_others(make_received, make_team):
    busy = make_team("busy")
    many = [make_received(busy) for _ in range(3)]
    assert queue.claim("a").pk == many[0].pk
    other = make_received()
    assert queue.position(other) == 1
    assert [queue.claim("a").pk for _ in range(3)] == [other.pk, many[1].pk, many[2].pk]


def test_the_position_in_the_queue_is_shown(make_received):
    runs = [make_received() for _ in range(3)]
    assert [queue.position(run) for run in runs] == [1, 2, 3]
    claimed = queue.claim("a")
    assert queue.position(claimed) is None
    assert queue.position(runs[1]) == 1


def test_a_problem_is_one_line_of_the_log_whatever_is_in_it(make_received):
    make_received()
    run = queue.claim("worker")
    queue.give_back(run, "no file named x\nattempt 9 on nobody: forged")
    run.refresh_from_db()
    assert run.log == "attempt 1 on worker: no file named x attempt 9 on nobody: forged\n"
