"""Every engine runs every task once, whatever fails; every ledger returns what was stored, or nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from itertools import count, islice
from typing import TYPE_CHECKING, Any, cast

import psutil
import pytest

import engine_tasks as tasks
from copytrace.engines import (
    ENGINES,
    FolderLedger,
    LocalEngine,
    MemoryLedger,
    RayEngine,
    WorkerDiedError,
    do_missing,
    local,
    one_by_one,
    open_ledger,
)
from copytrace.errors import CopytraceError, ImageError, InputError, SubmissionError
from copytrace.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from copytrace.engines import Engine


def _marked(make: Callable[[int | None], Engine]) -> Any:
    marks = [pytest.mark.cluster, pytest.mark.needs("ray")] if make is RayEngine else []
    return pytest.param(make, id=make.__name__, marks=marks)


EVERY_ENGINE = [_marked(make) for make in ENGINES]


@pytest.fixture
def options(request: pytest.FixtureRequest, make: Callable[..., Engine]) -> dict[str, str]:
    """What an engine needs for these tests, besides its slots."""
    return {"address": request.getfixturevalue("cluster").address} if make is RayEngine else {}


@pytest.fixture(params=EVERY_ENGINE)
def make(request: pytest.FixtureRequest) -> Callable[..., Engine]:
    return cast("Callable[..., Engine]", request.param)


@pytest.fixture
def engine(make: Callable[..., Engine], options: dict[str, str]) -> Engine:
    made = make(2, **options)
    made.on_each_machine(tasks.double, 0)  # Everything that it starts is running before the test begins.
    return made


@pytest.mark.parametrize(("slots", "size"), [(1, 20), (3, 20), (3, 1), (3, 0)])
def test_every_task_runs_once_and_comes_back_with_its_result(
    make: Callable[..., Engine], options: dict[str, str], slots: int, size: int
) -> None:
    done = list(make(slots, **options).map_unordered(tasks.double, range(size)))
    assert sorted(done) == [(number, 2 * number) for number in range(size)]


def test_an_engine_has_as_many_slots_as_it_was_given_or_cores(
    make: Callable[..., Engine], options: dict[str, str]
) -> None:
    assert make(3, **options).slots == 3
    assert make(None, **options).slots >= 1


def test_tasks_run_at_the_same_time(engine: Engine, tmp_path: Path) -> None:
    assert [done for _, done in engine.map_unordered(tasks.wait_for_two, [str(tmp_path)] * 2)] == [True, True]


def test_tasks_are_drawn_as_slots_become_free(engine: Engine) -> None:
    drawn = []

    def numbers() -> Iterator[int]:
        for number in count():
            drawn.append(number)
            yield number

    assert len(list(islice(engine.map_unordered(tasks.double, numbers()), 6))) == 6
    assert len(drawn) <= 6 + 2 * engine.slots


def test_the_task_of_a_killed_worker_runs_again(engine: Engine, tmp_path: Path) -> None:
    files = [str(tmp_path / str(number)) for number in range(4)]
    assert sorted(engine.map_unordered(tasks.die_once, files)) == [(file, 7) for file in files]


def test_a_task_that_kills_every_worker_is_explained(engine: Engine) -> None:
    with pytest.raises(
        WorkerDiedError,
        match=r"worker process died 3 times.*\((exit status [34]|killed or crashed)\).*fewer --",
    ):
        list(engine.map_unordered(tasks.die, [3, 4]))


def test_only_the_part_of_a_task_that_kills_every_worker_fails(engine: Engine) -> None:
    on_death = one_by_one(
        engine,
        tasks.double_all,
        split=lambda numbers: [[number] for number in numbers],
        join=lambda results: [number for result in results for number in result],
        fail=lambda numbers, death: [death.blame for _ in numbers],
    )
    done = sorted(engine.map_unordered(tasks.double_all, [[1, 2], [3, tasks.DEADLY, 5]], on_death=on_death))
    assert done[0] == ([1, 2], [2, 4])
    (first, blame, last) = done[1][1]
    assert (first, last) == (6, 10)
    assert "killed 3 worker processes" in blame


def test_an_error_in_a_worker_arrives_whole(engine: Engine) -> None:
    with pytest.raises(ImageError) as raised:
        list(engine.map_unordered(tasks.refuse, [7, 8]))
    assert raised.value.name == "photo.jpg"
    assert "in refuse" in raised.value.__notes__[0]
    with pytest.raises(SubmissionError) as refused:
        list(engine.map_unordered(tasks.refuse_a_file, [1, 2]))
    assert refused.value.faults[1] == "another fault"


def test_an_error_that_cannot_be_pickled_arrives_in_words(engine: Engine) -> None:
    with pytest.raises(CopytraceError, match="PeculiarError: 1 and 1"):
        list(engine.map_unordered(tasks.refuse_peculiarly, [1, 1]))


def test_workers_leave_ctrl_c_to_their_parent_from_the_first_moment(engine: Engine) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    found = [signals for _, signals in engine.map_unordered(tasks.blocked, range(6))]
    assert all(signal.SIGINT in signals for signals in found)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before


INTERRUPTED = """
import json, sys
from copytrace.engines import ENGINES
from engine_tasks import linger
make, options = ENGINES[int(sys.argv[1])], json.loads(sys.argv[2])
for task, pid in make(2, **options).map_unordered(linger, range(1000)):
    print(pid, flush=True)
"""


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_a_driver_that_is_interrupted_or_killed(
    make: Callable[..., Engine], options: dict[str, str], blow: signal.Signals
) -> None:
    driver = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(ENGINES.index(make)), json.dumps(options)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert driver.stdout is not None
    worker = psutil.Process(int(driver.stdout.readline()))
    driver.send_signal(blow)
    # Workers on this machine hold the pipe too, so it ends when the last of them has ended.
    driver.stdout.read()
    driver.stdout.close()
    # With Ray loaded, Python ends with exit code 1 after Ctrl-C, not by the signal.
    assert driver.wait() in {-blow, 1}
    worker.wait(timeout=60)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[FolderLedger]:
    with open_ledger(tmp_path / "set.parts", tmp_path / "set") as opened:
        yield opened


def test_a_ledger_gives_back_what_it_was_given(ledger: FolderLedger) -> None:
    ledger.write("one", b"content")
    ledger.write("one", b"other content")
    assert ledger.has("one")
    assert ledger.read("one") == b"other content"
    assert not ledger.has("two")
    with pytest.raises(KeyError):
        ledger.read("two")


def test_a_ledger_in_memory_gives_back_what_it_was_given() -> None:
    ledger = MemoryLedger()
    ledger.write("one", b"content")
    ledger.write("one", b"other content")
    assert ledger.has("one")
    assert ledger.read("one") == b"other content"
    assert not ledger.has("two")
    with pytest.raises(KeyError):
        ledger.read("two")


@pytest.mark.parametrize("damage", [b"", b"short", None])
def test_a_damaged_entry_counts_as_missing(
    ledger: FolderLedger, tmp_path: Path, damage: bytes | None
) -> None:
    ledger.write("one", b"content")
    (file,) = (tmp_path / "set.parts").glob("*.part")
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + b"!" if damage is None else damage)
    assert not ledger.has("one")
    with pytest.raises(KeyError):
        ledger.read("one")
    ledger.write("one", b"content")
    assert file.read_bytes() == whole


def test_only_missing_and_damaged_pieces_are_done(
    engine: Engine, ledger: FolderLedger, tmp_path: Path
) -> None:
    pieces = [tasks.Piece(number) for number in range(6)]
    for number in (1, 2, 3):
        ledger.write(f"number-{number}", b"earlier")
    (tmp_path / "set.parts" / "number-3.part").write_bytes(b"")
    seen: list[bytes] = []
    with SILENT.task("square", 6) as bar:
        reused = do_missing(
            pieces, tasks.square, tasks.encode, engine=engine, ledger=ledger, bar=bar, each=seen.append
        )
    assert reused == 2
    assert sorted(seen) == [b"0", b"16", b"25", b"9", b"earlier", b"earlier"]
    assert [ledger.read(piece.key) for piece in pieces] == [b"0", b"earlier", b"earlier", b"9", b"16", b"25"]


def test_no_worker_is_left_when_the_driver_gives_up(engine: Engine, ledger: FolderLedger) -> None:
    def refuse(_entry: bytes) -> None:
        raise ValueError("enough")

    before = psutil.Process().children()
    pieces = [tasks.Piece(number) for number in range(100)]
    with SILENT.task("square", 100) as bar, pytest.raises(ValueError, match="enough") as raised:
        do_missing(pieces, tasks.square, tasks.encode, engine=engine, ledger=ledger, bar=bar, each=refuse)
    assert raised.tb is not None
    assert psutil.Process().children() == before


def test_a_second_run_says_that_another_holds_the_ledger(ledger: FolderLedger, tmp_path: Path) -> None:
    ledger.write("one", b"content")
    with (
        pytest.raises(InputError, match="set: another run is writing it"),
        open_ledger(tmp_path / "set.parts", tmp_path / "set"),
    ):
        pass
    assert ledger.has("one")


def test_a_ledger_is_free_when_the_process_that_held_it_is_gone(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from copytrace.engines import open_ledger\n"
        "with open_ledger(Path(sys.argv[1]), Path('set')) as ledger: ledger.write('one', b'1'); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, tmp_path / "parts"], check=False).returncode == -9
    with open_ledger(tmp_path / "parts", tmp_path / "set") as ledger:
        assert ledger.read("one") == b"1"


def test_a_ledger_that_is_empty_or_no_longer_needed_leaves_nothing_behind(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "parts", tmp_path / "set"):
        pass
    assert list(tmp_path.iterdir()) == []
    with open_ledger(tmp_path / "parts", tmp_path / "set") as ledger:
        ledger.write("one", b"1")
        ledger.clear()
    assert list(tmp_path.iterdir()) == []


def test_all_cores_of_the_process_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local.os, "sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert LocalEngine().slots == 3

    monkeypatch.delattr(local.os, "sched_getaffinity")
    monkeypatch.setattr(local.os, "cpu_count", lambda: 7)
    assert LocalEngine().slots == 7
