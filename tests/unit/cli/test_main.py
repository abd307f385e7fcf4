from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from copytrace import cli

SCRIPT = """
import atexit, sys, obstore
class Last:
    def __del__(self):
        print("taken down")
sys.last = Last()
atexit.register(print, "exit functions ran")
sys.argv = ["copytrace", *sys.argv[1:]]
from copytrace.cli import main
main()
"""


@pytest.mark.parametrize(
    ("arguments", "code"), [(["--version"], 0), (["score", "nothing.h5", "--truth", "t.csv"], 2)]
)
def test_after_a_download_the_process_ends_before_the_interpreter_is_taken_down(
    arguments: list[str], code: int
) -> None:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=False
    )
    assert run.returncode == code, run.stderr
    assert "exit functions ran" in run.stdout
    assert "taken down" not in run.stdout


def test_what_cannot_be_written_is_no_success() -> None:
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run([sys.executable, "-c", SCRIPT, "--version"], stdout=full, check=False)
    assert run.returncode != 0


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["edit", "--list"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_ends_in_a_sentence_and_exit_code_1(arguments: list[str], unbuffered: str) -> None:
    with Path("/dev/full").open("wb") as full:
        run = subprocess.run(
            [sys.executable, "-m", "copytrace", *arguments],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        )  # fmt: skip
    assert run.returncode == 1
    assert run.stderr == "error: No space left on device. Free some space and run it again.\n"


WAITING = """
import signal
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # Under nohup it is ignored.
from copytrace import cli
from copytrace.images.shards import Unpacked
unpacked = Unpacked()
def wait():
    print(unpacked.folder, flush=True)
    signal.pause()
cli._run = wait
cli.main()
"""


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_it_leaves_no_unpacked_shards(stop: signal.Signals) -> None:
    process = subprocess.Popen([sys.executable, "-c", WAITING], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        assert folder.is_dir()
        process.send_signal(stop)
        try:
            process.wait(60)  # Reached only if the signal is ignored.
        finally:
            process.kill()
    assert process.returncode == 128 + stop
    assert not folder.exists()


def test_ctrl_c_before_a_verb_has_begun_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_run", interrupted)
    monkeypatch.delitem(sys.modules, "obstore", raising=False)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 130
