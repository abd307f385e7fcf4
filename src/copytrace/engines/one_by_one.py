"""Handles a task that kills its workers: its parts run one by one, and only the faulty one fails."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from copytrace.engines.engine import Engine, OnDeath, WorkerDiedError

Task = TypeVar("Task")
Result = TypeVar("Result")


def one_by_one(
    engine: Engine,
    work: Callable[[Task], Result],
    *,
    split: Callable[[Task], Sequence[Task]],
    join: Callable[[Sequence[Result]], Result],
    fail: Callable[[Task, WorkerDiedError], Result],
) -> OnDeath[Task, Result]:
    """An `on_death` for tasks with several parts.

    Args:
        engine: runs the parts.
        work: the function to run on a task or a part.
        split: returns the parts of a task, one per input.
        join: makes the result of a task from the results of its parts, in order.
        fail: returns the result of a part that killed its workers.
    """

    def on_death(task: Task, death: WorkerDiedError) -> Result:
        parts = split(task)
        if len(parts) == 1:
            return fail(task, death)
        with closing(engine.map_unordered(work, parts, on_death=fail)) as finished:
            results = {id(part): result for part, result in finished}
        return join([results[id(part)] for part in parts])

    return on_death
