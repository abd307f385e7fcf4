from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest
from PIL import Image

from copytrace.pipelines.chunks import CHUNK_IMAGES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]

KILLS = 10
IMAGES = 2000
WORKERS = 2


def test_a_set_holds_each_image_in_order_of_its_id(
    copytrace: Callable[..., Run], library: Path, tmp_path: Path
) -> None:
    run = copytrace("describe", library, "-o", "set.h5", "--model", "gist", "--json")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["images"] == 12
    with h5py.File(tmp_path / "set.h5") as file:
        assert [name.decode() for name in file["ids"][:]] == [f"R{i:02d}" for i in range(12)]
        assert file["vectors"].shape == (12, 256)
        assert file["vectors"].dtype == np.float32
        assert file.attrs["model"] == "gist"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set.h5"]


def test_bad_images_are_named_and_the_rest_is_described(
    copytrace: Callable[..., Run], library: Path, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("R00.jpg", "R01.jpg"):
        (photos / name).write_bytes((library / name).read_bytes())
    (photos / "empty.jpg").touch()
    (photos / "letter.jpg").write_text("Dear reader,\n")
    (photos / "cut.jpg").write_bytes((library / "R02.jpg").read_bytes()[:2000])
    run = copytrace("describe", "photos", "-o", "set.h5", "--failures", "bad.csv")
    assert run.returncode == 1
    assert "3 images could not be used" in run.stderr
    assert "Traceback" not in run.stderr
    named = (tmp_path / "bad.csv").read_text()
    assert all(name in named for name in ("empty.jpg", "letter.jpg", "cut.jpg"))
    with h5py.File(tmp_path / "set.h5") as file:
        assert len(file["ids"]) == 2


def test_strict_stops_at_the_first_bad_image(copytrace: Callable[..., Run], tmp_path: Path) -> None:
    (tmp_path / "letter.jpg").write_text("Dear reader,\n")
    run = copytrace("describe", "letter.jpg", "-o", "set.h5", "--strict")
    assert run.returncode == 2
    assert "letter.jpg" in run.stderr
    assert not (tmp_path / "set.h5").exists()


def test_images_that_are_all_bad_make_no_set(copytrace: Callable[..., Run], tmp_path: Path) -> None:
    (tmp_path / "letter.jpg").write_text("Dear reader,\n")
    run = copytrace("describe", "letter.jpg", "-o", "set.h5")
    assert run.returncode == 1
    assert "None of the 1 images can be used" in run.stderr
    assert not (tmp_path / "set.h5").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere", "-o", "set.h5"], "nowhere"),
        (["{library}", "-o", "no/such/folder/set.h5"], "mkdir -p no/such/folder"),
        (["{library}", "-o", "set.h5", "--model", "phash"], "There is no descriptor 'phash'"),
    ],
)
def test_a_wrong_argument_is_explained(
    copytrace: Callable[..., Run], library: Path, arguments: list[str], sentence: str
) -> None:
    run = copytrace("describe", *(argument.format(library=library) for argument in arguments))
    assert run.returncode == 2
    assert sentence in run.stderr.replace("\n", "")
    assert "Traceback" not in run.stderr


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2,000 small pictures, all different."""
    folder = tmp_path_factory.mktemp("many")
    rng = np.random.default_rng(0)
    for number in range(IMAGES):
        coarse = rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((48, 48)).save(folder / f"{number:05d}.jpg")
    return folder


def _command(many: Path, output: Path) -> list[str]:
    # By the quickest quality: what is tested is the same with all.
    return [
        sys.executable, "-m", "copytrace", "describe", str(many), "-o", str(output), "--quality", "fast",
        "--workers", str(WORKERS),
    ]  # fmt: skip


def _start(many: Path, output: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(_command(many, output), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _wait_for_parts(process: subprocess.Popen[bytes], folder: Path, count: int) -> None:
    """Block until `count` parts are there or the process has ended."""
    while process.poll() is None and (not folder.exists() or len(list(folder.glob("*.npz"))) < count):
        time.sleep(0.001)


def test_killed_ten_times_it_repeats_one_chunk_per_worker_and_gives_the_same_set(
    many: Path, tmp_path: Path
) -> None:
    whole, broken = tmp_path / "whole.h5", tmp_path / "broken.h5"
    assert _start(many, whole).wait() == 0
    parts = tmp_path / "broken.h5.parts"
    total = -(-IMAGES // CHUNK_IMAGES)
    rng = np.random.default_rng()
    finished: dict[str, int] = {}
    for kill in range(KILLS):
        process = _start(many, broken)
        goal = len(finished) + 1 + int(rng.integers(0, max(1, (total - len(finished)) // (KILLS - kill))))
        _wait_for_parts(process, parts, min(goal, total - 1))
        process.send_signal(signal.SIGKILL)
        process.wait()
        now = {path.name: path.stat().st_mtime_ns for path in parts.glob("*.npz")}
        # What was finished before is there and was not written again: only chunks in hand are repeated.
        assert finished.items() <= now.items()
        finished = now
    last = subprocess.run([*_command(many, broken), "--json"], capture_output=True, check=True)
    assert json.loads(last.stdout)["reused"] >= (len(finished) - 1) * CHUNK_IMAGES
    with h5py.File(whole) as one, h5py.File(broken) as other:
        np.testing.assert_array_equal(one["ids"][:], other["ids"][:])
        np.testing.assert_array_equal(one["vectors"][:], other["vectors"][:])
    assert not parts.exists()


def test_ctrl_c_keeps_what_is_done_and_exits_130(many: Path, tmp_path: Path) -> None:
    output = tmp_path / "set.h5"
    process = _start(many, output)
    _wait_for_parts(process, tmp_path / "set.h5.parts", 3)
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    assert not output.exists()
    assert len(list((tmp_path / "set.h5.parts").glob("*.npz"))) >= 3


def test_a_full_disk_is_explained_and_what_is_done_is_kept(
    copytrace: Callable[..., Run], copytrace_out_of_space: Callable[..., Run], many: Path, tmp_path: Path
) -> None:
    run = copytrace_out_of_space(1_000_000, "describe", many, "-o", "set.h5", "--quality", "fast")
    # 2,000 vectors take two megabytes: the parts fit below the limit, and the set that they make does not.
    assert run.returncode == 1
    assert "File too large" in run.stderr
    assert "Traceback" not in run.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["set.h5.parts"]
    whole = copytrace("describe", many, "-o", "set.h5", "--quality", "fast", "--json")
    assert json.loads(whole.stdout)["reused"] == IMAGES
