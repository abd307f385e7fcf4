"""Converts rows for the API. Scores are returned by `_measures` only, which checks `scores_visible`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from copytrace.hosting.services import challenges, clock, limits, members, queue, schedule, submissions
from copytrace.hosting.services.visibility import BOARDS, Board, scores_visible

if TYPE_CHECKING:
    from datetime import datetime

    from copytrace.hosting.models import (
        Challenge,
        Nomination,
        Participant,
        Phase,
        Rescore,
        ScoringRun,
        Submission,
        Team,
    )


def phase(row: Phase, now: datetime) -> dict[str, Any]:
    """A phase, and whether it is open."""
    names = "slug title opens_at closes_at grace_seconds limit_total limit_per_day query_count reference_count blind"
    return {name: getattr(row, name) for name in names.split()} | {
        "state": schedule.state_of(row, now),
        "frozen_after": row.frozen_after.slug if row.frozen_after else None,
        "takes_submissions": schedule.takes_submissions(row, now),
    }


def challenge(row: Challenge) -> dict[str, Any]:
    """A challenge with everything public."""
    now = clock.now()
    names = (
        "slug title summary ends_at sponsor supporters overview data rules faq rules_version territory"
        " excluded_countries minimum_age attestations"
    )
    return {name: getattr(row, name) for name in names.split()} | {
        "now": now,
        "prizes": row.prizes_text,
        "tracks": challenges.tracks(row),
        "phases": [phase(found, now) for found in challenges.phases(row)],
    }


def participant(row: Participant) -> dict[str, Any]:
    """A participant, for themselves."""
    return {
        "country": row.country,
        "rules_version": row.rules_version,
        "accepted_at": row.accepted_at,
        "team": row.team.name if row.team else None,
        "invitations": [invitation.team.name for invitation in members.invitations_of(row)],
    }


def team(row: Team) -> dict[str, Any]:
    """A team as its members see it."""
    now = clock.now()
    found = []
    for track in challenges.tracks(row.challenge):
        for phase_row in challenges.phases(row.challenge):
            used = limits.attempts(row, phase_row, track, now)
            found.append({"track": track.slug, "phase": phase_row.slug, **vars(used)})
    return {
        "name": row.name,
        "members": [
            {"username": member.account.username, "leads": member.leads} for member in members.members_of(row)
        ],
        "invited": [invitation.account.username for invitation in members.invited_to(row)],
        "attempts": found,
    }


def nomination(row: Nomination) -> dict[str, Any]:
    """A frozen entry."""
    names = "id label code_sha256 weights_sha256 reference_sha256 nominated_at"
    return {name: getattr(row, name) for name in names.split()} | {
        "team": row.team.name,
        "archive": bool(row.archive),
        "submission": row.submission_id,
        "track": row.submission.track.slug,
        "phase": row.submission.phase.slug,
    }


def submission(row: Submission, *, queued: bool = True) -> dict[str, Any]:
    """A submission as its team sees it; finding its place in the queue reads the whole queue."""
    run = row.current_run or submissions.first_run(row)
    names = "id filename size state state_at upload_started_at received_at queries_only faults facts"
    return {name: getattr(row, name) for name in names.split()} | {
        "team": row.team.name,
        "by": row.account.username,
        "track": row.track.slug,
        "phase": row.phase.slug,
        "entry": row.entry.label if row.entry else None,
        "queue_position": queue.position(run) if run and queued and run.state == "waiting" else None,
        "run": _run(run, row.phase) if run else None,
    }


def _run(row: ScoringRun, its_phase: Phase) -> dict[str, Any]:
    names = (
        "id stage state attempt queued_at started_at finished_at seconds share_done seconds_left scorer_version"
        " truth_version"
    )
    return {name: getattr(row, name) for name in names.split()} | {
        board: _measures(row, its_phase, board) for board in BOARDS
    }


def _measures(row: ScoringRun, its_phase: Phase, board: Board) -> dict[str, Any] | None:
    if not scores_visible(its_phase, board, clock.now()):
        return None
    found: dict[str, Any] | None = getattr(row, f"{board}_measures")
    return found


def rescore(row: Rescore, runs: dict[str, int]) -> dict[str, Any]:
    """A re-score."""
    names = "id reason begun_at applied_at reversed_at"
    return {name: getattr(row, name) for name in names.split()} | {"phase": row.phase.slug, "runs": runs}
