"""Tasks for the contract tests of engines; separate from the tests, so that workers start quickly."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from copytrace.errors import CopytraceError, ImageError, SubmissionError


def double(number: int) -> int:
    return 2 * number


DEADLY = 4


def double_all(numbers: list[int]) -> list[int]:
    if DEADLY in numbers:
        os.kill(os.getpid(), signal.SIGKILL)
    return [2 * number for number in numbers]


def die(number: int) -> int:
    os._exit(number)


def die_once(file: str) -> int:
    """Kill this worker the first time, as the system does when memory is exhausted."""
    if not Path(file).exists():
        Path(file).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return 7


def refuse(number: int) -> int:
    raise ImageError("photo.jpg", f"bad in {number} ways")


def refuse_a_file(number: int) -> int:
    raise SubmissionError([f"fault {number}", "another fault"])


class PeculiarError(Exception):
    """Cannot be unpickled, since its message differs from its arguments."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")


def refuse_peculiarly(number: int) -> int:
    raise PeculiarError(number, number)


def blocked(_: int) -> list[int]:
    return sorted(signal.pthread_sigmask(signal.SIG_BLOCK, []))


def wait_for_two(folder: str) -> bool:
    """Return once two tasks have begun, each in its own worker."""
    Path(folder, str(os.getpid())).touch()
    while len(list(Path(folder).iterdir())) < 2:
        os.sched_yield()
    return True


def linger(_: int) -> int:
    time.sleep(0.05)
    return os.getpid()


class Piece:
    """A task whose result is stored."""

    size = 1

    def __init__(self, number: int) -> None:
        self.number = number
        self.key = f"number-{number}"


def square(piece: Piece) -> int:
    return piece.number**2


def encode(number: int) -> bytes:
    return str(number).encode()


def pid_and(number: int) -> tuple[int, int]:
    return number, os.getpid()


def pids(first: tuple[int, int]) -> tuple[int, int, int]:
    return *first, os.getpid()


def die_at_deadly(number: int) -> tuple[int, int]:
    if number == DEADLY:
        os.kill(os.getpid(), signal.SIGKILL)
    return pid_and(number)


def behave(how: bytes) -> bytes:
    """What a call in a limited process should do."""
    match how:
        case b"refuse":
            raise ImageError("photo.jpg", "is torn")
        case b"fail":
            raise CopytraceError("a file is missing")
        case b"crash":
            os.abort()
        case b"take memory":
            return bytes(1 << 31)
        case b"take time":
            time.sleep(60)
    return how * 2
