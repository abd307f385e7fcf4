"""What an engine is: something that runs many independent tasks, here or elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

Task = TypeVar("Task")
Result = TypeVar("Result")


class Engine(Protocol):
    """Runs tasks in any order and returns every result to the caller, the driver.

    Work and tasks are pickled, so both must be importable from a module other than `__main__`. Workers share
    no disk with the driver: whatever a task produces is in its result.
    """

    @property
    def slots(self) -> int:
        """How many tasks run at once."""

    def map_unordered(
        self, work: Callable[[Task], Result], tasks: Iterable[Task]
    ) -> Generator[tuple[Task, Result]]:
        """Run `work` on every task; yield each task with its result, in the order in which they finish.

        Tasks are drawn as slots become free, so a million of them are never in memory together. A task whose
        worker dies runs again on another. An exception raised by `work` ends the run and is raised here. If the
        caller closes the generator, running tasks may finish, and no other is started.

        Raises:
            CopytraceError: a task keeps killing its workers.
        """
