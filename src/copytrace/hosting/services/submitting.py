"""Submitting: the conditions for an upload, and what happens when it completes."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction

from copytrace.hosting.models import Phase, Submission, Track
from copytrace.hosting.services import audit, clock, limits, notices, queue, stored_files, uploads
from copytrace.hosting.services.disqualifying import require_not_disqualified, require_team_in_force
from copytrace.hosting.services.nominations import require_entry
from copytrace.hosting.services.participation import participant_of, require_eligible, team_of
from copytrace.hosting.services.problems import NotFound, Problem, TooLarge, Unusable
from copytrace.hosting.services.states import advance

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from copytrace.hosting.models import Account, Challenge, Upload

State = Submission.State
Kind = Track.Kind

ROWS_PER_QUERY = 10
"""Maximum average number of rows per query in a matching submission."""

LONGEST_ROW = 256
"""Maximum bytes per row: two IDs of maximum length, a score and the commas."""

OVERHEAD = 16 << 20
"""Bytes of a file besides vectors: IDs, chunk tables."""


SHOWN = ("team", "account", "track", "phase__challenge", "entry", "current_run", "upload")
"""Relations to load together with a submission to show."""


def find_place(challenge: Challenge, track: str, phase: str) -> tuple[Track, Phase]:
    """The track and phase with these names.

    Raises:
        NotFound: one of them does not exist; the message lists those that do.
    """
    found_track = challenge.tracks.filter(slug=track).first()
    found_phase = challenge.phases.filter(slug=phase).first()
    if found_track is None:
        names = ", ".join(challenge.tracks.values_list("slug", flat=True))
        raise NotFound(f"{challenge.slug} has no track {track!r}; its tracks are {names}.")
    if found_phase is None:
        names = ", ".join(challenge.phases.values_list("slug", flat=True))
        raise NotFound(f"{challenge.slug} has no phase {phase!r}; its phases are {names}.")
    return found_track, found_phase


def submit(
    account: Account,
    upload: Upload,
    track: Track,
    phase: Phase,
    *,
    entry: str = "",
    attested: Sequence[str] = (),
    queries_only: bool = False,
    reason: str = "",
    code_sha256: str = "",
    weights_sha256: str = "",
) -> Submission:
    """Submit an upload, complete or not; if it is complete, the submission is received at once.

    Checks everything that does not need the file first, before anyone sends a gigabyte. A repeated request (the answer
    was lost, or the upload broke off) returns the existing submission.

    Raises:
        Problem: one of its subclasses; the message says what to do.
    """
    team = team_of(phase.challenge, account)
    require_not_disqualified(account, phase.challenge)
    now = clock.now()
    submission = Submission(
        team=team,
        account=account,
        track=track,
        phase=phase,
        upload=upload,
        path=upload.path,
        filename=upload.filename,
        size=upload.size,
        state_at=now,
        upload_started_at=upload.started_at,
        queries_only=queries_only,
        attested=sorted(attested),
        reason=reason,
        code_sha256=code_sha256,
        weights_sha256=weights_sha256,
    )
    if (earlier := _earlier(submission, entry)) is not None:
        return earlier
    require_eligible(participant_of(phase.challenge, account))
    _require_open(phase, upload, now)
    _require_size(upload, track, phase)
    _require_attested(submission)
    with transaction.atomic():
        limits.lock_allowance(team, phase)
        if (earlier := _earlier(submission, entry)) is not None:
            return earlier
        if team_of(phase.challenge, account) != team:
            raise Problem("You have just changed teams; submit again for your current team.")
        limits.require_few_refusals(team, now)
        limits.require_attempt(team, phase, track, now)
        submission.entry = require_entry(submission, entry)
        submission.save()
        audit.record(
            "submission begun", f"submission {submission.pk}", actor=account, challenge=phase.challenge
        )
        if upload.finished_at is not None:
            receive(submission)
    return submission


def _earlier(asked: Submission, entry: str) -> Submission | None:
    """The submission that already uses this upload, if there is one.

    Raises:
        Problem: it is for a different purpose.
    """
    found = Submission.objects.filter(upload=asked.upload).select_related(*SHOWN).first()
    if found is None:
        return None
    names = (
        "team_id",
        "track_id",
        "phase_id",
        "queries_only",
        "attested",
        "reason",
        "code_sha256",
        "weights_sha256",
    )
    label = found.entry.label if found.entry else ""
    if label != entry or any(getattr(found, name) != getattr(asked, name) for name in names):
        raise Problem(
            f"This upload already belongs to submission {found.pk}, with different options; upload the file again."
        )
    return found


def _require_attested(submission: Submission) -> None:
    phase = submission.phase
    required = phase.challenge.attestations if phase.frozen_after else {}
    if missing := sorted(set(required) - set(submission.attested)):
        texts = "; ".join(f"{name}: {required[name]}" for name in missing)
        raise Unusable(f"Missing attestations: {texts}")


def receive(submission: Submission) -> None:
    """Receive a submission whose upload is complete: use one of the team's attempts and queue it, or refuse it.

    Runs in one transaction, with the team's attempts in this phase locked. Refuses a submission that came too late, or
    after others had used the last attempt.
    """
    with transaction.atomic():
        limits.lock_allowance(submission.team, submission.phase)
        submission.refresh_from_db(fields=["state"])
        if submission.state != State.UPLOADING:
            # A web process and a worker may both have noticed that the upload is complete.
            return
        now = clock.now()
        try:
            require_team_in_force(submission.team)
            finished = submission.upload.finished_at if submission.upload else None
            _require_within_grace(submission.phase, finished or now)
            limits.require_attempt(submission.team, submission.phase, submission.track, now)
        except Problem as problem:
            advance(submission, State.REFUSED, faults=[str(problem)])
            notices.refused(submission)
            # Nobody reads the bytes any more, and no quota counts them.
            transaction.on_commit(partial(stored_files.drop, submission.path))
            return
        advance(submission, State.RECEIVED, received_at=now)
        queue.enqueue(submission)
        notices.received(submission)


def receive_waiting(upload: Upload) -> None:
    """Receive the submission that was waiting for this upload, if there is one."""
    submission = _waiting().filter(upload=upload).first()
    if submission is not None:
        receive(submission)


def receive_finished() -> None:
    """Receive complete uploads whose web process died before it could receive them."""
    uploads.finish_abandoned()
    for submission in _waiting()[:100]:
        receive(submission)


def _waiting() -> QuerySet[Submission]:
    """Submissions whose uploads are complete, but which have not been received yet."""
    waiting = Submission.objects.filter(state=State.UPLOADING, upload__finished_at__isnull=False)
    return waiting.select_related("team", "phase__challenge", "track", "upload")


def require_mine(account: Account, submission_id: int) -> Submission:
    """A submission of the account's team.

    Raises:
        NotFound: none has this number, or it is another team's; the message is the same for both.
    """
    mine = Submission.objects.filter(pk=submission_id, team__members__account=account)
    found = mine.select_related(*SHOWN).first()
    if found is None:
        raise NotFound(f"Your team has no submission {submission_id}.")
    return found


def largest(track: Track, phase: Phase) -> int:
    """The maximum size of a submission in bytes, for its track and phase."""
    if track.kind == Track.Kind.MATCHING:
        return phase.query_count * ROWS_PER_QUERY * LONGEST_ROW + LONGEST_ROW
    # Vectors may be stored as float64, and an ID may take up to 512 bytes.
    return (phase.query_count + phase.reference_count) * (track.max_dims * 8 + 512) + OVERHEAD


def _require_open(phase: Phase, upload: Upload, now: datetime) -> None:
    if not phase.truth_public:
        raise Problem(f"{phase.title} does not accept submissions yet: it has no ground truth.")
    if upload.started_at < phase.opens_at:
        raise Problem(f"{phase.title} opens at {phase.opens_at:%Y-%m-%d %H:%M:%S} UTC.")
    if upload.started_at > phase.closes_at:
        raise Problem(f"{phase.title} closed at {phase.closes_at:%Y-%m-%d %H:%M:%S} UTC.")
    _require_within_grace(phase, now)


def _require_within_grace(phase: Phase, at: datetime) -> None:
    last = phase.closes_at + timedelta(seconds=phase.grace_seconds)
    if at > last:
        raise Problem(
            f"{phase.title} closed at {phase.closes_at:%Y-%m-%d %H:%M:%S} UTC; uploads already in progress had to"
            f" finish by {last:%H:%M:%S}."
        )


def _require_size(upload: Upload, track: Track, phase: Phase) -> None:
    if upload.size > largest(track, phase):
        raise TooLarge(
            f"The file has {upload.size:,} bytes; {track.title} in {phase.title} accepts at most"
            f" {largest(track, phase):,}."
        )
