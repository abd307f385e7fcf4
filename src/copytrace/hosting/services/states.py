"""The states of a submission: one table of transitions, and one function that makes them."""

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
    # Back to the previous state: the worker was stopped, and another will take over.
    State.CHECKING: frozenset({State.QUEUED, State.REFUSED, State.FAILED, State.RECEIVED}),
    State.QUEUED: frozenset({State.SCORING, State.FAILED}),
    State.SCORING: frozenset({State.SCORED, State.REFUSED, State.FAILED, State.QUEUED}),
    State.SCORED: frozenset(),
    State.REFUSED: frozenset(),
    # An organiser can retry a submission that failed because of the host.
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
    """Move a submission to another state, update its fields, and record the change in the audit log.

    Args:
        submission: is refreshed from its row, which is locked meanwhile.
        to: the new state.
        actor: who did it; None means the host itself.
        changes: new values of the submission's fields.

    Raises:
        IllegalMove: the new state cannot follow the present one.
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
