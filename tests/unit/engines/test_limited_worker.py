from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from copytrace.engines.limited import LimitedError, Limits, OvertimeError
from copytrace.engines.limited_worker import LimitedWorker
from copytrace.errors import CopytraceError, InputError
from engine_tasks import behave

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def worker() -> Iterator[LimitedWorker]:
    started = LimitedWorker(behave, Limits(memory=1 << 30))
    yield started
    started.stop()


@pytest.mark.parametrize(
    ("how", "error", "said"),
    [
        (b"refuse", InputError, "photo.jpg: is torn"),
        (b"fail", CopytraceError, "a file is missing"),
        (b"crash", LimitedError, r"crashed \(SIGABRT\)"),
        (b"take memory", LimitedError, "needed more than 1,073,741,824 bytes of memory"),
        (b"take time", OvertimeError, "took longer than 0.2 seconds"),
    ],
)
def test_a_failed_call_says_why_and_the_next_one_works(
    worker: LimitedWorker, how: bytes, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said) as raised:
        worker.call(how, seconds=0.2 if how == b"take time" else 60)
    assert type(raised.value) is error
    assert worker.call(b"ab", seconds=60) == b"abab"
