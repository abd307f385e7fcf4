"""Acknowledged changes of a library survive a killed process and a power failure."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from copytrace.edits.drawing.scenes import draw_picture
from copytrace.library import Library

TESTS = Path(__file__).parents[1]

CHANGES = """
import os, sys
from copytrace.library import Library, local_shelf

local_shelf.SEALED_AT = 2
with Library.open(sys.argv[1], lookups=0) as library:
    for name in ("a", "b", "c"):
        library.add(f"{name}.jpg")
        os.write(1, b"acknowledged\\n")
    library.remove(["a.jpg"])
    os.write(1, b"acknowledged\\n")
    library.remove(["c.jpg"], purge=True)
    os.write(1, b"acknowledged\\n")
"""


def test_nothing_acknowledged_is_lost_when_the_writer_is_killed(tmp_path: Path, kills: int) -> None:
    rounds = 5 * kills  # A round takes a few hundredths of a second.
    command = [sys.executable, TESTS / "library_kills.py", tmp_path, str(rounds), "1"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout.split()[0]) > rounds // 2


@pytest.mark.needs("strace")
def test_every_acknowledgement_follows_its_fsync(tmp_path: Path) -> None:
    place, log = tmp_path / "library", tmp_path / "log"
    Library.create(place, model="gist")
    for seed, name in enumerate("abc"):
        draw_picture(seed).resize((64, 48)).save(tmp_path / f"{name}.jpg")
    calls = "trace=write,pwrite64,ftruncate,rename,unlink,fsync,fdatasync"
    command = ["strace", "-f", "-y", "-e", calls, "-o", log, sys.executable, "-c", CHANGES, place]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)

    unsynced: set[str] = set()
    acknowledged = 0
    for call, arguments in re.findall(r"^\d+ +(\w+)\((.*) = \d+$", log.read_text(), re.MULTILINE):
        if "acknowledged" in arguments:
            acknowledged += 1
            assert unsynced == set(), f"acknowledgement {acknowledged}"
        paths = [path for path in re.findall(r'[<"](/[^>"]*)[>"]', arguments) if path.startswith(f"{place}/")]
        # Readers recreate the log's shared memory; unnamed files disappear with their process.
        if not paths or "(deleted)" in arguments or paths[0].endswith("-shm"):
            if call == "fsync" and f"<{place}>" in arguments:
                unsynced.discard(str(place))
        elif call in {"fsync", "fdatasync"}:
            unsynced.discard(paths[0])
        elif call in {"rename", "unlink"}:
            unsynced.add(str(Path(paths[-1]).parent))
            assert paths[0] not in unsynced, f"{paths[0]} is renamed before its content is on the disk"
        else:
            unsynced.add(paths[0])
    assert acknowledged == 5
