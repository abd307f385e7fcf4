from __future__ import annotations

import hashlib
import io
import os
from datetime import timedelta

import pytest

from copytrace.hosting.models import Mail, Nomination, Submission, Upload
from copytrace.hosting.services import nominations, participation, stored_files, submitting, uploads
from copytrace.hosting.services.problems import (
    Locked,
    NoRoom,
    NotAllowed,
    NotFound,
    Problem,
    TooLarge,
    TooMany,
    Unusable,
)
from hosting_world import SHA


def test_a_finished_upload_is_received_and_queued_at_once(ann, make_upload, matching, one):
    row = submitting.submit(ann, make_upload(ann), matching, one)
    assert row.state == "received"
    assert row.runs.get().state == "waiting"
    assert Mail.objects.get().subject == f"Submission {row.pk} was received"


def test_an_unfinished_upload_is_received_with_its_last_byte(ann, make_upload, matching, one):
    upload = make_upload(ann, finished=False)
    row = submitting.submit(ann, upload, matching, one)
    assert row.state == "uploading"
    uploads.append(upload, 0, io.BytesIO(b"x" * 10))
    submitting.receive(row)
    assert Submission.objects.get().state == "received"


@pytest.mark.parametrize(("late", "state"), [(599, "received"), (601, "refused")])
def test_an_upload_that_began_in_time_counts_within_the_grace(
    late, state, ann, make_upload, matching, one, time
):
    time.time = one.closes_at
    upload = make_upload(ann, finished=False)
    row = submitting.submit(ann, upload, matching, one)
    time.time += timedelta(seconds=late)
    uploads.append(upload, 0, io.BytesIO(b"x" * 10))
    row.upload.refresh_from_db()
    submitting.receive(row)
    row.refresh_from_db()
    assert row.state == state
    assert row.upload_started_at == one.closes_at


def test_a_phase_refuses_files_outside_its_dates(ann, make_upload, matching, one, two, time):
    with pytest.raises(Problem, match="Phase 2 opens at 2026-06-01 13:00:00 UTC"):
        submitting.submit(ann, make_upload(ann), matching, two)
    time.time = one.closes_at + timedelta(seconds=1)
    with pytest.raises(Problem, match="Phase 1 closed at 2026-06-01 13:00:00 UTC"):
        submitting.submit(ann, make_upload(ann), matching, one)


def test_a_file_larger_than_any_submission_is_refused_before_it_is_sent(ann, make_upload, matching, one):
    big = make_upload(ann, b"x" * (submitting.largest(matching, one) + 1))
    with pytest.raises(TooLarge, match="at most 51,456"):
        submitting.submit(ann, big, matching, one)


def test_new_rules_must_be_accepted_again(ann, make_upload, matching, one, challenge):
    challenge.rules_version = "2"
    challenge.save()
    one.refresh_from_db()
    with pytest.raises(NotAllowed, match="The rules have changed"):
        submitting.submit(ann, make_upload(ann), matching, one)


def test_the_last_attempt_is_used_once(ann, make_upload, matching, one):
    one.limit_total = 1
    one.save()
    first, second = (
        submitting.submit(ann, make_upload(ann, finished=False), matching, one) for _ in range(2)
    )
    for row in (first, second):
        submitting.receive(row)
    assert [row.state for row in Submission.objects.order_by("pk")] == ["received", "refused"]
    assert second.faults == [
        "Team team ann has used 1 of its 1 submissions in Phase 1, Matching. None are left."
    ]
    with pytest.raises(TooMany):
        submitting.submit(ann, make_upload(ann), matching, one)


@pytest.fixture
def entry(ann, make_scored, matching, one) -> Nomination:
    scored = make_scored(participation.team_of(one.challenge, ann), 0.5)
    return nominations.nominate(
        ann, scored, label="a", code_sha256=SHA["code"], weights_sha256=SHA["weights"]
    )


DIGESTS = {"code_sha256": SHA["code"], "weights_sha256": SHA["weights"]}
ATTESTED = ["licensed", "no-annotations"]


def _enter(account, upload, track, phase, **more):
    return submitting.submit(
        account, upload, track, phase, **{"entry": "a", "attested": ATTESTED, **DIGESTS, **more}
    )


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"entry": "b"}, "'b' is not an entry your team nominated"),
        ({"attested": ["licensed"]}, "Missing attestations: no-annotations: We added none."),
        ({"weights_sha256": "e" * 64}, "entry a was nominated with 'dddd"),
        ({"queries_only": True}, "Only the descriptor track"),
    ],
)
def test_a_frozen_phase_takes_only_what_was_frozen(
    changes, complaint, entry, ann, make_upload, matching, two, time
):
    time.time = two.opens_at
    with pytest.raises(Unusable, match=complaint):
        _enter(ann, make_upload(ann), matching, two, **changes)
    assert _enter(ann, make_upload(ann), matching, two).entry == entry


def test_another_entry_needs_a_reason(entry, ann, make_upload, matching, two, time):
    time.time = two.opens_at
    _enter(ann, make_upload(ann), matching, two)
    with pytest.raises(Unusable, match="another entry needs a reason: another-model or earlier-invalid"):
        _enter(ann, make_upload(ann), matching, two)
    with pytest.raises(Unusable, match="Entry a has already been submitted"):
        _enter(ann, make_upload(ann), matching, two, reason="another-model")
    assert _enter(ann, make_upload(ann), matching, two, reason="earlier-invalid").state == "received"


def test_entries_are_nominated_before_the_next_phase_opens(ann, make_scored, one, two, time):
    scored = make_scored(participation.team_of(one.challenge, ann), 0.5)
    time.time = two.opens_at
    with pytest.raises(Problem, match="Phase 2 has opened"):
        nominations.nominate(ann, scored, label="a", **DIGESTS)


def test_only_own_scored_submissions_are_nominated(ann, make_team, make_scored):
    other = make_scored(make_team("bea"), 0.5)
    with pytest.raises(NotFound):
        nominations.nominate(ann, other, label="a", **DIGESTS)


def test_a_label_can_be_used_once(entry, ann, make_scored, one):
    scored = make_scored(entry.team, 0.6)
    with pytest.raises(Problem, match="already been nominated"):
        nominations.nominate(ann, scored, label="a", **DIGESTS)


def test_uploads_stay_within_the_quota_and_the_disk(ann, make_upload, settings):
    settings.UPLOAD_QUOTA = 25
    for _ in range(2):
        make_upload(ann)
    with pytest.raises(TooMany, match="Your pending uploads already take 20 bytes"):
        make_upload(ann)
    with pytest.raises(TooLarge):
        make_upload(ann, b"x" * 26)
    settings.UPLOAD_QUOTA, settings.DISK_RESERVE = 10**30, 10**18
    with pytest.raises(NoRoom, match="not have enough disk space"):
        uploads.begin(ann, 10, "a")


def test_an_upload_counts_until_its_submission_is_received(ann, make_upload, matching, one, settings):
    settings.UPLOAD_QUOTA = 15
    upload = make_upload(ann, finished=False)
    submitting.submit(ann, upload, matching, one)
    with pytest.raises(TooMany, match="Your pending uploads already take 10 bytes"):
        make_upload(ann)
    submitting.receive_waiting(uploads.append(upload, 0, io.BytesIO(b"x" * 10)))
    make_upload(ann)


def test_room_is_kept_only_for_uploads_that_flow(ann, make_account, make_upload, monkeypatch, time):
    make_upload(ann, finished=False)
    monkeypatch.setattr(stored_files, "room", lambda: 15)
    with pytest.raises(NoRoom):
        uploads.begin(make_account("bea"), 10, "a")
    time.time += timedelta(minutes=2)
    uploads.begin(make_account("cid"), 10, "a")


def test_nothing_is_written_into_the_reserve_of_the_disk(ann, make_upload, monkeypatch):
    upload = make_upload(ann, finished=False)
    monkeypatch.setattr(stored_files, "room", lambda: 0)
    with pytest.raises(NoRoom):
        uploads.append(upload, 0, io.BytesIO(b"x" * 10))


def test_files_of_forms_that_a_killed_process_left_are_deleted_in_time(settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    old, new = tmp_path / "tmpa.upload.h5", tmp_path / "tmpb.upload.h5"
    for path in (old, new):
        path.touch()
    os.utime(old, (0, 0))
    uploads.sweep_forms()
    assert list(tmp_path.iterdir()) == [new]


def test_dead_uploads_expire_with_their_bytes_and_received_ones_stay(ann, make_upload, matching, one, time):
    kept, dead = make_upload(ann), make_upload(ann, finished=False)
    row = submitting.submit(ann, kept, matching, one)
    time.time += timedelta(hours=25)
    assert uploads.sweep() == 1
    assert not stored_files.storage().path(dead.path).exists()
    assert stored_files.storage().path(kept.path).exists()
    assert Submission.objects.get().pk == row.pk


def test_a_worker_receives_what_a_dying_web_process_left(ann, make_upload, matching, one):
    upload = make_upload(ann, finished=False)
    submitting.submit(ann, upload, matching, one)
    Upload.objects.update(offset=upload.size)
    submitting.receive_finished()
    submitting.receive_finished()
    row = Submission.objects.get()
    assert row.state == "received"
    assert row.runs.count() == 1


def test_what_was_finished_before_its_time_ran_out_is_received_and_not_swept(
    ann, make_upload, matching, one, time
):
    upload = make_upload(ann, finished=False)
    submitting.submit(ann, upload, matching, one)
    Upload.objects.update(offset=upload.size, finished_at=time.time, lock="dead", busy_until=time.time)
    time.time += timedelta(hours=25)
    assert uploads.sweep() == 0
    submitting.receive_finished()
    assert Submission.objects.get().state == "received"


def test_receiving_twice_is_receiving_once(ann, make_upload, matching, one):
    row = submitting.submit(ann, make_upload(ann), matching, one)
    submitting.receive(row)
    assert row.runs.count() == 1


def test_the_same_upload_submitted_again_is_the_same_submission(ann, make_upload, matching, descriptor, one):
    one.limit_total = 1
    one.save()
    upload = make_upload(ann)
    row = submitting.submit(ann, upload, matching, one)
    # The answer was lost in transit; the retry does not use a second attempt.
    assert submitting.submit(ann, upload, matching, one) == row
    assert Submission.objects.count() == 1
    with pytest.raises(Problem, match="with different options"):
        submitting.submit(ann, upload, descriptor, one)
    with pytest.raises(Problem, match="with different options"):
        submitting.submit(ann, upload, matching, one, entry="a")


def test_a_late_upload_leaves_no_bytes(
    ann, make_upload, matching, one, time, django_capture_on_commit_callbacks
):
    upload = make_upload(ann)
    row = submitting.submit(ann, make_upload(ann, finished=False), matching, one)
    place = stored_files.storage().path(row.upload.path)
    time.time = one.closes_at + timedelta(seconds=601)
    with django_capture_on_commit_callbacks(execute=True):
        submitting.receive(row)
    assert row.state == "refused"
    assert not place.exists()
    assert stored_files.storage().path(upload.path).exists()


def test_an_archive_is_stored_with_the_digest_that_the_host_computes(
    ann, make_scored, make_upload, one, time
):
    scored = make_scored(participation.team_of(one.challenge, ann), 0.5)
    archive = make_upload(ann, b"the code and the weights")
    digest = hashlib.sha256(b"the code and the weights").hexdigest()
    with pytest.raises(Unusable, match=r"you gave 'c+' for the code"):
        nominations.nominate(ann, scored, label="a", code_sha256=SHA["code"], archive=archive)
    entry = nominations.nominate(ann, scored, label="a", archive=archive)
    assert (entry.code_sha256, entry.weights_sha256) == (digest, digest)
    other = make_scored(entry.team, 0.6)
    with pytest.raises(Problem, match="already in use"):
        nominations.nominate(ann, other, label="b", archive=archive)
    assert Nomination.objects.get() == entry
    time.time += timedelta(hours=25)
    assert uploads.sweep() == 0
    assert stored_files.read(entry.archive) == b"the code and the weights"


def test_the_host_keeps_some_archives_of_a_team_and_no_more(ann, make_scored, make_upload, one, monkeypatch):
    monkeypatch.setattr(nominations, "MOST_ARCHIVES", 2)
    rows = [make_scored(ann.participations.get().team, 0.5) for _ in range(4)]
    for label, row in zip("ab", rows, strict=False):
        nominations.nominate(ann, row, label=label, archive=make_upload(ann))
    third = make_upload(ann)
    with pytest.raises(TooMany, match="has already uploaded 2 archives in Phase 1"):
        nominations.nominate(ann, rows[2], label="c", archive=third)
    assert uploads.find(ann, third.pk) == third
    nominations.nominate(ann, rows[3], label="d", code_sha256=SHA["code"], weights_sha256=SHA["weights"])


def test_weights_can_be_separate_from_the_archive(ann, make_scored, make_upload, one):
    scored = make_scored(participation.team_of(one.challenge, ann), 0.5)
    archive = make_upload(ann, b"the code")
    entry = nominations.nominate(ann, scored, label="a", weights_sha256=SHA["weights"], archive=archive)
    assert entry.weights_sha256 == SHA["weights"]
    assert entry.code_sha256 == hashlib.sha256(b"the code").hexdigest()


def test_only_your_own_finished_upload_can_be_an_archive(
    ann, make_team, make_scored, make_upload, matching, one
):
    scored = make_scored(participation.team_of(one.challenge, ann), 0.5)
    others = make_upload(make_team("bea").members.get().account)
    for archive in (others, make_upload(ann, finished=False)):
        with pytest.raises(Unusable, match="not one of your finished uploads"):
            nominations.nominate(ann, scored, label="a", archive=archive)
    submitted = make_upload(ann)
    submitting.submit(ann, submitted, matching, one)
    with pytest.raises(Problem, match="already in use"):
        nominations.nominate(ann, scored, label="a", archive=submitted)
    assert not Nomination.objects.exists()
    with pytest.raises(Unusable, match="or upload the archive of code and weights"):
        nominations.nominate(ann, scored, label="a", code_sha256=SHA["code"])


class _Stalled(io.RawIOBase):
    """A body that stalls after its first piece until another request takes over the upload."""

    def __init__(self, upload, whole, monkeypatch, time, settings) -> None:
        self._pieces = iter([b"evil", None, b"evil" * 9])
        self._upload, self._whole = upload, whole
        self._patch, self._time, self._settings = monkeypatch, time, settings

    def read(self, _=-1):
        piece = next(self._pieces, b"")
        if piece is not None:
            return piece
        late = self._settings.LEASE_SECONDS + 1
        self._time.time += timedelta(seconds=late)
        self._patch.setattr(uploads.time, "monotonic", lambda: 1e9)
        uploads.append(Upload.objects.get(pk=self._upload.pk), 0, io.BytesIO(self._whole))
        return next(self._pieces)


def test_a_request_that_lost_the_upload_writes_nothing_more(ann, make_upload, monkeypatch, time, settings):
    whole = b"y" * 40
    upload = make_upload(ann, whole, finished=False)
    with pytest.raises(Locked, match="took over"):
        uploads.append(upload, 0, _Stalled(upload, whole, monkeypatch, time, settings))
    assert stored_files.read(upload.path) == whole
    assert Upload.objects.get(pk=upload.pk).finished_at is not None


def test_two_workers_that_sweep_do_not_disturb_each_other(ann, make_upload, time, monkeypatch):
    dead = [make_upload(ann, finished=False) for _ in range(2)]
    time.time += timedelta(hours=25)
    drop = stored_files.drop

    def drop_both(name):
        # The other worker is faster with the next step.
        Upload.objects.all().delete()
        drop(name)

    monkeypatch.setattr(stored_files, "drop", drop_both)
    assert uploads.sweep() == 1
    assert not Upload.objects.filter(pk__in=[upload.pk for upload in dead]).exists()
