"""Work in two steps, the second of which can stay in the driver, if only one process may hold a GPU."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from copytrace.engines.engine import Engine, OnDeath, WorkerDiedError
    from copytrace.errors import CopytraceError

Task = TypeVar("Task")
Prepared = TypeVar("Prepared")
Result = TypeVar("Result")


@dataclass(frozen=True)
class TwoSteps(Generic[Task, Prepared, Result]):
    """Work that consists of two module functions, so that it can be pickled.

    Attributes:
        prepare: the first step, which takes the task.
        finish: the second step, which takes the result of the first.
    """

    prepare: Callable[[Task], Prepared]
    finish: Callable[[Prepared], Result]

    def __call__(self, task: Task) -> Result:
        """Do both steps."""
        return self.finish(self.prepare(task))


@dataclass(frozen=True)
class _Spared(Generic[Result]):
    """The result of a task that killed its workers; there is nothing to finish."""

    result: Result


def _spare(on_death: OnDeath[Task, Result], task: Task, death: WorkerDiedError) -> _Spared[Result]:
    return _Spared(on_death(task, death))


class SecondStepHere:
    """An engine whose workers do the first step of `TwoSteps` work; this process does the second, one task at a time.

    Other work runs directly on the underlying engine.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.remote, self.ships = engine.remote, engine.ships

    @property
    def slots(self) -> int:
        """How many tasks run at once."""
        return self._engine.slots

    def map_unordered(
        self,
        work: Callable[[Task], Result],
        tasks: Iterable[Task],
        *,
        on_death: OnDeath[Task, Result] | None = None,
    ) -> Generator[tuple[Task, Result]]:
        """Run `work` on every task; see `Engine.map_unordered`."""
        if not isinstance(work, TwoSteps):
            yield from self._engine.map_unordered(work, tasks, on_death=on_death)
            return

        spare = None if on_death is None else partial(_spare, on_death)
        prepared: Generator[tuple[Task, Any]] = self._engine.map_unordered(
            work.prepare, tasks, on_death=spare
        )
        with closing(prepared):
            for task, step in prepared:
                yield task, step.result if isinstance(step, _Spared) else work.finish(step)

    def on_each_machine(
        self, work: Callable[[Task], Result], task: Task
    ) -> list[tuple[str, Result | CopytraceError]]:
        """Do one task on every other machine; see `Engine.on_each_machine`."""
        return self._engine.on_each_machine(work, task)
