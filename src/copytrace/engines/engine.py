"""The engine interface: an engine runs many independent tasks, here or elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from copytrace.errors import CopytraceError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

Task = TypeVar("Task")
Result = TypeVar("Result")

ATTEMPTS = 3
"""How many workers a task may kill before it fails."""


class WorkerDiedError(CopytraceError):
    """A task killed its workers.

    Attributes:
        blame: why an image that makes up a task cannot be used.
    """

    def __init__(self, how: str, option: str) -> None:
        """`option` is the option for the number of parallel tasks."""
        super().__init__(
            f"A worker process died {ATTEMPTS} times on the same task ({how}). If memory is short, run the same "
            f"command again with fewer {option}; finished work is kept."
        )
        self.blame = f"reading it killed {ATTEMPTS} worker processes ({how})"


OnDeath = Callable[[Task, WorkerDiedError], Result]
"""Returns the result of a task that killed its workers; called in the driver."""


class Engine(Protocol):
    """Runs tasks in any order and returns every result to the caller, the driver.

    Work and tasks are pickled, so both must be importable from a module other than `__main__`. Workers share no disk
    with the driver: whatever a task produces is in its result.

    Attributes:
        remote: whether tasks may run on other machines, which may lack the driver's files.
        ships: whether the bytes of images and the rows of vectors are sent with the tasks.
    """

    @property
    def remote(self) -> bool:
        """Whether tasks may run on other machines."""

    @property
    def ships(self) -> bool:
        """Whether inputs are sent with tasks, instead of their paths."""

    @property
    def slots(self) -> int:
        """How many tasks run at once."""

    def map_unordered(
        self,
        work: Callable[[Task], Result],
        tasks: Iterable[Task],
        *,
        on_death: OnDeath[Task, Result] | None = None,
    ) -> Generator[tuple[Task, Result]]:
        """Run `work` on every task; yield each task with its result, in order of completion.

        Tasks are drawn as slots become free, so a million of them are never in memory together. If a worker dies, its
        task runs again on another one. An exception raised by `work` ends the run and is raised here. If the caller
        closes the generator, running tasks may finish, and no others start.

        Args:
            work: the function to run on a task.
            tasks: any number of tasks.
            on_death: returns the result of a task that killed its workers three times; by default the run ends.

        Raises:
            WorkerDiedError: a task killed its workers three times, and there is no `on_death`.
        """

    def on_each_machine(
        self, work: Callable[[Task], Result], task: Task
    ) -> list[tuple[str, Result | CopytraceError]]:
        """Run one task on every other machine; return the name of each with its result, or why it has none.

        Empty if all tasks run on this machine.
        """
