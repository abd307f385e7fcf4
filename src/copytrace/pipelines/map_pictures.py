"""Runs a function on pictures in worker processes; a picture that kills its workers fails alone."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from copytrace.engines import one_by_one
from copytrace.images import read_ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from copytrace.engines import Engine, WorkerDiedError
    from copytrace.images import ImageFile
    from copytrace.images.read_ahead import ReadImage

Result = TypeVar("Result")


def map_pictures(
    work: Callable[[ReadImage], Result],
    files: Sequence[tuple[int, ImageFile]],
    *,
    fail: Callable[[ImageFile, WorkerDiedError], Result],
    chunk: int,
    engine: Engine,
) -> Generator[tuple[list[int], list[Result]]]:
    """Yield rows with the results for their pictures, in order of completion.

    If the caller closes the generator, no further pictures are read; see `Engine.map_unordered`.

    Args:
        work: runs in a worker process, so it can be pickled.
        files: rows with their pictures.
        fail: the result for a picture that killed its workers.
        chunk: pictures per task.
        engine: runs the tasks.
    """
    tasks = (_Task(files[start : start + chunk], work) for start in range(0, len(files), chunk))

    def failed(task: _Task[Result], death: WorkerDiedError) -> list[Result]:
        return [fail(file, death) for _, file in task.files]

    run: Callable[[_Task[Result]], list[Result]] = _run
    on_death = one_by_one(engine, run, split=_split, join=_joined, fail=failed)
    # Closed even if an exception keeps this frame alive, so that no worker outlives the run.
    with closing(engine.map_unordered(run, tasks, on_death=on_death)) as finished:
        for task, results in finished:
            yield [row for row, _ in task.files], results


@dataclass(frozen=True)
class _Task(Generic[Result]):
    """Rows with their pictures, and what to do with each."""

    files: Sequence[tuple[int, ImageFile]]
    work: Callable[[ReadImage], Result]


def _run(task: _Task[Result]) -> list[Result]:
    return [task.work(image) for image in read_ahead([file for _, file in task.files])]


def _split(task: _Task[Result]) -> list[_Task[Result]]:
    return [_Task([file], task.work) for file in task.files]


def _joined(results: Sequence[list[Result]]) -> list[Result]:
    return [one for result in results for one in result]
