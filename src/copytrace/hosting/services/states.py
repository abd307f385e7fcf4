"""The states of a submission: one table of the moves, one function that makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from copytrace.hosting.models import Submission
from copytrace.hosting.services import audit, clock
from copytrace.hosting.services.problems import IllegalMove

if TYPE_CHECKING:
    from collections.abc import Mapping

    from copytrace.hosting.models import Account

State = Submission.State

MOVES: Mapping[Submission.State, frozenset[Submission.State]] = {
    State.UPLOADING: frozenset({State.RECEIVED, State.REFUSED}),
    State.RECEIVED: frozenset({State.CHECKING, State.FAILED}),
    # Back to where it came from: the worker was stopped, and another will take the work.
    State.CHECKING: frozenset({State.QUEUED, State.REFUSED, State.FAILED, State.RECEIVED}),
    State.QUEUED: frozenset({State.SCORING, State.FAILED}),
    State.SCORING: frozenset({State.SCORED, State.REFUSED, State.FAILED, State.QUEUED}),
    State.SCORED: frozenset(),
    State.REFUSED: frozenset(),
    # An organiser may give what failed through the platform another try.
    State.FAILED: frozenset({State.RECEIVED}),
}
"""Which states may follow which."""

COUNTED = (State.RECEIVED, State.CHECKING, State.QUEUED, State.SCORING, State.SCORED)
"""The states in which a submission uses one of its team's attempts."""

UNCOUNTED = (State.REFUSED, State.FAILED)
"""The states in which a submission is over and used no attempt."""


def advance(
    submission: Submission, to: Submission.State, *, actor: Account | None = None, **changes: object
) -> Submission:
    """Move a submission to another state, with whatever else changes with it, and note it in the audit log.

    Args:
        submission: is brought up to date with the row, which is locked meanwhile.
        to: the state.
        actor: who did it; None is the host itself.
        changes: fields of the submission and their new values.

    Raises:
        IllegalMove: the state does not follow from the present one.
    """
    with transaction.atomic():
        row = Submission.objects.select_for_update().get(pk=submission.pk)
        before = State(row.state)
        if to not in MOVES[before]:
            raise IllegalMove(f"Submission {row.pk} is {before.value}; it cannot become {to.value}.")
        changes |= {"state": to, "state_at": clock.now()}
        for name, value in changes.items():
            setattr(row, name, value)
            setattr(submission, name, value)
        row.save(update_fields=list(changes))
        audit.record(
            "state",
            f"submission {row.pk}",
            actor=actor,
            challenge=row.track.challenge,
            before=before,
            after=to,
        )
    return submission
