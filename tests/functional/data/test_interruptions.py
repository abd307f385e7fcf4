from __future__ import annotations

import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Start = Callable[..., subprocess.Popen[str]]

Run = subprocess.CompletedProcess[str]

MB = 1_000_000
PART = 4 << 20


def _body(name: str, size: int) -> bytes:
    return hashlib.shake_128(name.encode()).digest(size)


def _small(count: int) -> dict[str, bytes]:
    return {f"queries/Q{number:05d}.jpg": _body(str(number), 2000) for number in range(count)}


def _final(folder: Path, files: dict[str, bytes]) -> dict[str, bytes]:
    """The files that have their final names."""
    return {path: (folder / path).read_bytes() for path in files if (folder / path).exists()}


@dataclass(frozen=True)
class Resumed:
    """A download that was stopped, and then repeated.

    Attributes:
        code: the exit code of the first run.
        said: the output of the first run.
        there: the files that had their final names when it was stopped.
        again: the second run.
    """

    code: int
    said: str
    there: dict[str, bytes]
    again: Run


@pytest.fixture
def stop_and_resume(
    start: Start, copytrace: Callable[..., Run], server: Any, manifest_for: Any, tmp_path: Path
) -> Callable[[dict[str, bytes], signal.Signals], Resumed]:
    """Downloads until the server holds a request, stops with a signal, and downloads again."""

    def run(files: dict[str, bytes], stop: signal.Signals) -> Resumed:
        server.files = files
        description = manifest_for(files, server.url)
        process = start("data", "get", description, "-o", "out")
        assert server.held.wait(30)
        process.send_signal(stop)
        _, said = process.communicate(timeout=20)
        there = _final(tmp_path / "out", files)
        server.hold_after = None
        server.release.set()
        server.log.clear()
        again = copytrace("data", "get", description, "-o", "out", "--json")
        return Resumed(process.returncode, said, there, again)

    return run


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT])
def test_what_was_whole_when_it_stopped_is_not_fetched_again(
    stop_and_resume: Callable[..., Resumed], server: Any, tmp_path: Path, stop: signal.Signals
) -> None:
    files = _small(400)
    server.hold_after = 200
    resumed = stop_and_resume(files, stop)
    if stop == signal.SIGINT:
        assert resumed.code == 130
        assert "Interrupted" in resumed.said
        assert "Traceback" not in resumed.said
    assert resumed.there
    assert resumed.there.items() <= files.items()
    assert resumed.again.returncode == 0, resumed.again.stderr
    assert {request.path for request in server.gets()} == files.keys() - resumed.there.keys()
    assert json.loads(resumed.again.stdout)["whole"] == len(resumed.there)
    assert _final(tmp_path / "out", files) == files
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["manifest.parquet", "queries"]


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT])
def test_a_partial_large_file_resumes_in_the_next_run(
    stop_and_resume: Callable[..., Resumed], server: Any, tmp_path: Path, stop: signal.Signals
) -> None:
    files = {"references/shard.tar": _body("shard", 100 * MB)}
    server.hold("references/shard.tar", 60 * MB)
    resumed = stop_and_resume(files, stop)
    assert resumed.there == {}
    assert resumed.again.returncode == 0, resumed.again.stderr
    assert _final(tmp_path / "out", files) == files
    asked = server.gets()
    starts = [int(request.range.removeprefix("bytes=").partition("-")[0]) for request in asked]
    # The 15th part was held; it is requested when the 11th has been written.
    assert min(starts) >= 11 * PART
    assert len(starts) <= 24 - 11
    etag = f'"{hashlib.md5(files["references/shard.tar"], usedforsecurity=False).hexdigest()}"'
    assert {request.if_match for request in asked} == {etag}


def test_two_downloads_do_not_fill_one_folder(
    start: Start, copytrace: Callable[..., Run], server: Any, manifest_for: Any
) -> None:
    server.files = files = _small(100)
    server.hold_after = 50
    description = manifest_for(files, server.url)
    first = start("data", "get", description, "-o", "out")
    assert server.held.wait(30)
    second = copytrace("data", "get", description, "-o", "out")
    assert second.returncode == 1
    assert "out: another download is filling this folder" in second.stderr
    server.hold_after = None
    server.release.set()
    first.communicate(timeout=20)
    assert first.returncode == 0


def test_a_part_that_was_altered_on_the_disk_makes_no_broken_file(
    start: Start, copytrace: Callable[..., Run], server: Any, manifest_for: Any, tmp_path: Path
) -> None:
    files = {"references/shard.tar": _body("shard", 20 * MB)}
    server.files = files
    server.hold("references/shard.tar", 19 * MB)
    description = manifest_for(files, server.url)
    process = start("data", "get", description, "-o", "out")
    assert server.held.wait(30)
    process.kill()
    process.wait()
    server.release.set()
    (part,) = (
        path
        for path in (tmp_path / "out/.copytrace-parts").iterdir()
        if not path.suffix and path.name != "lock"
    )
    with part.open("r+b") as file:
        file.write(b"????")
    run = copytrace("data", "get", description, "-o", "out")
    assert run.returncode == 0, run.stderr
    assert _final(tmp_path / "out", files) == files


def test_a_full_disk_is_reported_before_the_download(
    copytrace: Callable[..., Run], server: Any, tmp_path: Path
) -> None:
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    (tmp_path / "set.csv").write_text(
        f"id,path,bytes,sha256,split\nR1,references/R1.tar,{2 * free},{'0' * 64},references\n"
    )
    (tmp_path / "set.yaml").write_text(f"manifest: set.csv\nmirrors: {{here: {{url: '{server.url}'}}}}\n")
    run = copytrace("data", "get", "set.yaml", "-o", "out")
    assert run.returncode == 1
    assert f"out: the files to download need {-(-2 * free // 4096) * 4096:,} bytes, but " in run.stderr
    assert "Nothing was downloaded" in run.stderr
    assert server.log == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_disk_that_fills_up_stops_the_download_and_breaks_nothing(
    start: Start, copytrace: Callable[..., Run], server: Any, manifest_for: Any, small_disk: Path
) -> None:
    files = _small(100)
    server.files = files
    server.hold_after = 50
    description = manifest_for(files, server.url)
    process = start("data", "get", description, "-o", small_disk / "out", "--connections", "8")
    assert server.held.wait(30)
    with (small_disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space"):
        while True:
            filler.write(bytes(4096))
    server.hold_after = None
    server.release.set()
    _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "no space left on device. Finished files are kept: free disk space" in said
    assert "Traceback" not in said
    there = _final(small_disk / "out", files)
    assert there.items() <= files.items()
    assert there.keys() != files.keys()
    (small_disk / "filler").unlink()
    run = copytrace("data", "get", description, "-o", small_disk / "out")
    assert run.returncode == 0, run.stderr
    assert _final(small_disk / "out", files) == files


def test_a_limit_on_the_size_of_files_stops_only_those_beyond_it(
    server: Any, manifest_for: Any, tmp_path: Path
) -> None:
    files = _small(10) | {"references/shard.tar": _body("shard", 9 * MB)}
    server.files = files
    command = [
        sys.executable,
        "-m",
        "copytrace",
        "data",
        "get",
        manifest_for(files, server.url),
        "-o",
        "out",
        "--json",
    ]
    run = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (5 * MB, 5 * MB)),
    )
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    failures = json.loads(run.stdout)["failures"]
    assert failures == [{"name": "references/shard.tar", "reason": "cannot be written: file too large"}]
    assert _final(tmp_path / "out", files) == _small(10)
