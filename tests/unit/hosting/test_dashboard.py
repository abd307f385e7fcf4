from __future__ import annotations

from datetime import timedelta

from copytrace.hosting.models import Mail, ScoringRun, Submission
from copytrace.hosting.services import dashboard, queue


def _wait(submission, time, **fields):
    return ScoringRun.objects.create(submission=submission, queued_at=time.time, **fields)


def test_the_queue_is_counted(make_team, make_scored, time, settings):
    row = make_scored(make_team("ann"), 0.5)
    _wait(row, time)
    _wait(row, time, state="running", started_at=time.time, lease_expires_at=time.time + timedelta(seconds=5))
    # Its worker has been silent for longer than the lease, so it is waiting for another.
    _wait(row, time, state="running", started_at=time.time, lease_expires_at=time.time - timedelta(seconds=5))
    found = dashboard.queue()
    assert (found.waiting, len(found.running), found.stalled) == (2, 1, False)
    assert found.oldest == time.time


def test_a_queue_without_a_worker_is_reported(make_team, make_scored, time):
    row = make_scored(make_team("ann"), None)
    Submission.objects.filter(pk=row.pk).update(state="received")
    _wait(row, time)
    assert not dashboard.queue().stalled
    time.time += dashboard.PATIENCE + timedelta(seconds=1)
    assert dashboard.queue().stalled
    assert queue.claim("worker") is not None
    assert not dashboard.queue().stalled


def test_failures_are_listed_and_can_be_queued_again(make_team, make_scored, ann, time):
    row = make_scored(make_team("bob"), None)
    Submission.objects.filter(pk=row.pk).update(state="failed")
    ScoringRun.objects.create(submission=row, queued_at=time.time, state="dead", log="the child was killed\n")
    assert dashboard.failures() == [dashboard.Failure(row, "the child was killed\n")]
    assert dashboard.count_failures() == 1
    queue.requeue(row, actor=ann)
    assert dashboard.failures() == []


def test_uploads_under_way_and_room_are_counted(ann, make_upload, time):
    make_upload(ann, b"x" * 100, finished=False)
    make_upload(ann, b"x" * 100)
    assert dashboard.uploads() == dashboard.Uploads(files=1, arrived=0, promised=100)
    disk = dashboard.disk()
    assert 0 < disk.free <= disk.total
    time.time += timedelta(hours=25)
    assert dashboard.uploads().files == 0


def test_e_mails_that_wait_and_that_were_given_up_are_counted(db):
    Mail.objects.create(to="a@example.org", subject="s", body="b")
    Mail.objects.create(to="a@example.org", subject="s", body="b", attempts=8)
    assert dashboard.post() == dashboard.Post(waiting=1, given_up=1)
