"""Saves the rest of a task that kills its workers: its parts run one by one, and only the one to blame fails."""

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
    """An `on_death` for tasks that have parts.

    Args:
        engine: runs the parts.
        work: what is done with a task, or a part.
        split: the parts of a task, one for each input.
        join: the result of a task, from the results of its parts in order.
        fail: the result of a part that killed its workers.
    """

    def on_death(task: Task, death: WorkerDiedError) -> Result:
        parts = split(task)
        if len(parts) == 1:
            return fail(task, death)
        with closing(engine.map_unordered(work, parts, on_death=fail)) as finished:
            results = {id(part): result for part, result in finished}
        return join([results[id(part)] for part in parts])

    return on_death
