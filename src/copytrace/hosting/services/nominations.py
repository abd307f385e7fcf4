"""Nominations: entries whose code and model are frozen for a later phase."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from copytrace.hosting.models import Nomination, Phase, Submission, Track
from copytrace.hosting.services import audit, clock, limits, stored_files, uploads
from copytrace.hosting.services.participation import team_of
from copytrace.hosting.services.problems import NotFound, Problem, TooMany, Unusable
from copytrace.hosting.services.states import UNCOUNTED

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from copytrace.hosting.models import Account, Challenge, Team, Upload


MOST_ARCHIVES = 5
"""Maximum number of archives to keep per team and phase; each can be as large as an upload."""


def nominate(
    account: Account,
    submission: Submission,
    *,
    label: str,
    code_sha256: str = "",
    weights_sha256: str = "",
    archive: Upload | None = None,
) -> Nomination:
    """Freeze the code and model of a scored submission for the phases after its own.

    In the descriptor track, the host keeps the submission's references, with the digest it computed itself.

    Args:
        account: a member of the team.
        submission: one of the team's submissions.
        label: the team's name for the entry.
        code_sha256: digest of the code's archive.
        weights_sha256: digest of the weights.
        archive: the code's archive itself, which the host keeps; it computes the digest. If the weights have no
            digest of their own, they are in the archive.

    Raises:
        NotFound: the submission does not belong to the account's team.
        Unusable: a digest, the label or the archive is invalid.
        TooMany: the team has reached its limit of stored archives in this phase.
        Problem: the submission is not scored, no phase follows, that phase has opened, or the submission or the label
            has already been nominated.
    """
    team = team_of(submission.phase.challenge, account)
    if submission.team_id != team.pk:
        raise NotFound(f"Team {team.name} has no submission {submission.pk}.")
    if archive is not None:
        code_sha256 = _digest_of_archive(account, archive, code_sha256)
        weights_sha256 = weights_sha256 or code_sha256
    for name, digest in (("code", code_sha256), ("weights", weights_sha256)):
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise Unusable(
                f"Invalid SHA-256 of the {name}: {digest!r}. Expected 64 hexadecimal digits, as printed by sha256sum;"
                " or upload the archive of code and weights instead."
            )
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}", label):
        raise Unusable(
            f"Invalid label {label!r}; expected up to 60 letters, digits, dots, dashes and underscores."
        )
    if submission.state != Submission.State.SCORED:
        raise Problem(
            f"Submission {submission.pk} is {submission.state}; only scored submissions can be nominated."
        )
    if submission.disqualified_at is not None:
        raise Problem(
            f"Submission {submission.pk} is disqualified ({submission.disqualified_for}); nominate another."
        )
    _require_time(submission.phase)
    try:
        with transaction.atomic():
            _require_room(team, submission.phase, archive)
            found = Nomination.objects.create(
                team=team,
                submission=submission,
                label=label,
                code_sha256=code_sha256,
                weights_sha256=weights_sha256,
                archive=archive.path if archive else "",
                reference_sha256=submission.facts.get("reference_sha256", ""),
                nominated_at=clock.now(),
            )
            if archive is not None:
                uploads.hand_over(archive)
            audit.record(
                "nomination", f"{found}", actor=account, challenge=team.challenge, submission=submission.pk
            )
    except IntegrityError as error:
        raise Problem(
            f"Submission {submission.pk} or the label {label!r} has already been nominated."
        ) from error
    return found


def of_team(team: Team) -> list[Nomination]:
    """A team's entries, in the order of nomination."""
    return list(_entries().filter(team=team))


def of_challenge(challenge: Challenge) -> QuerySet[Nomination]:
    """The entries of all teams, in the order of nomination."""
    return _entries().filter(team__challenge=challenge)


def entries_for(team: Team, phase: Phase, track: Track) -> list[Nomination]:
    """A team's entries that a phase with frozen entries accepts in a track."""
    return list(_entries().filter(team=team, submission__phase=phase.frozen_after, submission__track=track))


def archive_of(number: int) -> Nomination:
    """The entry with this number, whose archive the host keeps.

    Raises:
        NotFound: it does not exist, or has no archive.
    """
    row = Nomination.objects.filter(pk=number).exclude(archive="").first()
    if row is None:
        raise NotFound(f"No entry {number} with an uploaded archive.")
    return row


def freezes_for(submission: Submission) -> Phase | None:
    """The phase for which a submission may still be nominated."""
    if submission.state != Submission.State.SCORED or hasattr(submission, "nomination"):
        return None
    after = _phase_after(submission.phase)
    return after if after and clock.now() < after.opens_at else None


def _entries() -> QuerySet[Nomination]:
    return Nomination.objects.select_related("team", "submission__track", "submission__phase").order_by("pk")


def _require_room(team: Team, phase: Phase, archive: Upload | None) -> None:
    """Refuse an archive beyond the team's limit, under the lock on its attempts."""
    if archive is None:
        return
    limits.lock_allowance(team, phase)
    kept = _entries().filter(team=team, submission__phase=phase).exclude(archive="").count()
    if kept >= MOST_ARCHIVES:
        raise TooMany(
            f"Team {team.name} has already uploaded {kept} archives in {phase.title}, the maximum. Nominate with the"
            " SHA-256 of code and weights instead."
        )


def _digest_of_archive(account: Account, archive: Upload, stated: str) -> str:
    """The digest of an uploaded archive, which is never unpacked."""
    if archive.account_id != account.pk or archive.finished_at is None:
        raise Unusable("The archive is not one of your finished uploads.")
    found = stored_files.digest(archive.path)
    if stated not in {"", found}:
        raise Unusable(f"The archive's SHA-256 is {found}, but you gave {stated!r} for the code.")
    return found


def require_entry(submission: Submission, label: str) -> Nomination | None:
    """The nomination that a submission belongs to, if its phase requires one.

    Raises:
        Unusable: the phase requires an entry and none is given, or the reverse; digests differ from the nominated
            ones; or a further submission has no reason.
    """
    phase = submission.phase
    if phase.frozen_after is None:
        if label or submission.queries_only:
            raise Unusable(
                f"{phase.title} does not use nominated entries. Omit the entry and submit a full file."
            )
        return None
    entry = Nomination.objects.filter(
        team=submission.team,
        label=label,
        submission__phase=phase.frozen_after,
        submission__track=submission.track,
    ).first()
    if entry is None:
        raise Unusable(
            f"{label!r} is not an entry your team nominated in {phase.frozen_after.title} in this track, as"
            f" {phase.title} requires. List them: GET /api/v1/challenges/{phase.challenge.slug}/nominations"
        )
    _require_same_model(submission, entry)
    _require_reason(submission, entry)
    return entry


def _require_time(phase: Phase) -> None:
    after = _phase_after(phase)
    if after is None:
        raise Problem(f"No later phase takes entries from {phase.title}; there is nothing to nominate for.")
    if clock.now() >= after.opens_at:
        raise Problem(f"{after.title} has opened, so nominations are closed.")


def _phase_after(phase: Phase) -> Phase | None:
    """The next phase that accepts only entries nominated in this one."""
    return Phase.objects.filter(frozen_after=phase).order_by("opens_at").first()


def _require_same_model(submission: Submission, entry: Nomination) -> None:
    if submission.track.kind == Track.Kind.DESCRIPTOR:
        # The host compares the references themselves: a digest typed in by the team proves nothing.
        return
    if submission.queries_only:
        raise Unusable("Only the descriptor track accepts queries-only files.")
    for name in ("code_sha256", "weights_sha256"):
        if getattr(submission, name) != getattr(entry, name):
            raise Unusable(
                f"{name} is {getattr(submission, name)!r}, but entry {entry.label} was nominated with"
                f" {getattr(entry, name)!r}. Code, model and weights must not change."
            )


REASONS = ("another-model", "earlier-invalid")


def is_further(team: Team, phase: Phase, track: Track) -> bool:
    """Whether a team already has a counting submission, so that another one needs a reason."""
    return _counting(team, phase, track).exists()


def _counting(team: Team, phase: Phase, track: Track) -> QuerySet[Submission]:
    """A team's submissions, except refused and failed ones."""
    rows = Submission.objects.filter(team=team, phase=phase, track=track)
    return rows.exclude(state__in=UNCOUNTED)


def _require_reason(submission: Submission, entry: Nomination) -> None:
    """Require a reason: a further entry in a frozen phase is for another model, or replaces an invalid one."""
    if not is_further(submission.team, submission.phase, submission.track):
        return
    if submission.reason not in REASONS:
        raise Unusable(
            f"Your team has already submitted in {submission.phase.title}; another entry needs a reason:"
            f" {' or '.join(REASONS)}. Got {submission.reason!r}."
        )
    earlier = _counting(submission.team, submission.phase, submission.track)
    if submission.reason == "another-model" and earlier.filter(entry=entry).exists():
        raise Unusable(
            f"Entry {entry.label} has already been submitted; another-model requires a different nominated entry."
        )
