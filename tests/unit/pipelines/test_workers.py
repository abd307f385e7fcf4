from __future__ import annotations

import os
import signal
from itertools import count, islice

import pytest

from copytrace.errors import CopytraceError, ImageError, SubmissionError
from copytrace.pipelines.workers import run_unordered


def double(number: int) -> int:
    return 2 * number


def die(number: int) -> int:
    os._exit(number)


def refuse(number: int) -> int:
    raise ImageError("photo.jpg", f"bad in {number} ways")


def refuse_a_file(number: int) -> int:
    raise SubmissionError([f"fault {number}", "another fault"])


def blocked(_: int) -> list[int]:
    return sorted(signal.pthread_sigmask(signal.SIG_BLOCK, []))


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_is_done_once(workers: int) -> None:
    assert sorted(run_unordered(double, range(20), workers=workers)) == list(range(0, 40, 2))


def test_tasks_are_drawn_as_workers_become_free() -> None:
    drawn = []

    def tasks():  # noqa: ANN202 - an endless generator of int
        for number in count():
            drawn.append(number)
            yield number

    assert len(list(islice(run_unordered(double, tasks(), workers=2), 6))) == 6
    assert len(drawn) <= 6 + 2 * 2


def test_a_worker_that_dies_is_explained() -> None:
    with pytest.raises(CopytraceError, match=r"worker process died.*fewer --workers"):
        list(run_unordered(die, [3, 4], workers=2))


def test_an_error_in_a_worker_arrives_whole() -> None:
    with pytest.raises(ImageError) as raised:
        list(run_unordered(refuse, [7, 8], workers=2))
    assert raised.value.name == "photo.jpg"
    with pytest.raises(SubmissionError) as refused:
        list(run_unordered(refuse_a_file, [1, 2], workers=2))
    assert refused.value.faults[1] == "another fault"


def test_workers_leave_ctrl_c_to_their_parent_from_the_first_moment() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    found = list(run_unordered(blocked, range(6), workers=2))
    assert all(signal.SIGINT in signals for signals in found)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before
