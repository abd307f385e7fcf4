from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest
from PIL import Image

from copytrace.errors import DescriptorError
from copytrace.pipelines.chunks import CHUNK_IMAGES
from copytrace.pipelines.describe import describe
from copytrace.vectors import open_descriptors, read_descriptors
from tiny_networks import write_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]

IMAGES = 1000
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
    (photos / "scan.jxl").touch()
    (photos / "letter.jpg").write_text("Dear reader,\n")
    (photos / "cut.jpg").write_bytes((library / "R02.jpg").read_bytes()[:2000])
    (photos / "short.jpg").write_bytes((library / "R03.jpg").read_bytes()[:-2])
    run = copytrace("describe", "photos", "-o", "set.h5", "--failures", "bad.csv", "--json")
    assert run.returncode == 0
    assert json.loads(run.stdout)["left_out"] == {".jxl": 1}
    assert "pictures in unsupported formats (1 .jxl)" in run.stderr
    assert "warning: 3 images could not be used" in run.stderr
    assert "Images that end early (1): photos/short.jpg: all rows used" in run.stderr
    assert "Traceback" not in run.stderr
    named = (tmp_path / "bad.csv").read_text()
    assert all(name in named for name in ("empty.jpg", "letter.jpg", "cut.jpg"))
    with h5py.File(tmp_path / "set.h5") as file:
        assert list(file["ids"]) == [b"R00", b"R01", b"short"]


def test_strict_stops_at_the_first_bad_image(copytrace: Callable[..., Run], tmp_path: Path) -> None:
    (tmp_path / "letter.jpg").write_text("Dear reader,\n")
    run = copytrace("describe", "letter.jpg", "-o", "set.h5", "--strict")
    assert run.returncode == 1
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
        (["{library}", "-o", "set.h5", "--model", "phash"], "Unknown descriptor 'phash'"),
    ],
)
def test_a_wrong_argument_is_explained(
    copytrace: Callable[..., Run], library: Path, arguments: list[str], sentence: str
) -> None:
    run = copytrace("describe", *(argument.format(library=library) for argument in arguments))
    assert run.returncode == 2
    assert sentence in run.stderr.replace("\n", "")
    assert "Traceback" not in run.stderr


@pytest.fixture
def photos(library: Path, tmp_path: Path) -> Path:
    """Four pictures that a test may change, described as set.h5 by the fastest descriptor."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(4):
        shutil.copy2(library / f"R{number:02d}.jpg", folder)
    describe(folder, tmp_path / "set.h5", model="gist")
    return folder


def columns(path: Path) -> dict[str, list[object]]:
    with h5py.File(path) as file:
        return {name: file[name][:].tolist() for name in file}


def test_a_set_records_where_its_images_are_and_what_they_were(photos: Path, tmp_path: Path) -> None:
    with open_descriptors(tmp_path / "set.h5") as stored:
        assert stored.source == str(photos)
        assert stored.paths == ["R00.jpg", "R01.jpg", "R02.jpg", "R03.jpg"]
        digests = [hashlib.sha256((photos / path).read_bytes()).hexdigest() for path in stored.paths]
        assert stored.content_sha256 == digests


def test_unchanged_images_are_not_opened_again(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (tmp_path / "set.h5").stat()
    monkeypatch.setattr("copytrace.pipelines.describe.describe_chunk", None)
    done = describe(photos, tmp_path / "set.h5", model="gist")
    assert (done.images, done.reused, done.removed) == (4, 4, 0)
    after = (tmp_path / "set.h5").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_refreshed_set_is_the_same_as_one_described_anew(
    copytrace: Callable[..., Run], library: Path, photos: Path, tmp_path: Path
) -> None:
    (photos / "R01.jpg").unlink()
    (photos / "R02.jpg").write_bytes((library / "R05.jpg").read_bytes())
    (photos / "R02b.jpg").write_bytes((library / "R06.jpg").read_bytes())
    (photos / "bad.jpg").touch()
    run = copytrace("describe", "photos", "-o", "set.h5", "--model", "gist", "--json")
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert (told["images"], told["reused"], told["removed"]) == (4, 2, 1)
    assert [failure["name"] for failure in told["failures"]] == ["photos/bad.jpg"]
    describe(photos, tmp_path / "repeated.h5", model="gist")
    assert columns(tmp_path / "set.h5") == columns(tmp_path / "repeated.h5")


def test_images_that_get_other_ids_keep_their_vectors(photos: Path, tmp_path: Path) -> None:
    (photos / "sub").mkdir()
    shutil.copy2(photos / "R00.jpg", photos / "sub" / "R01.jpg")
    done = describe(photos, tmp_path / "set.h5", model="gist")
    assert (done.images, done.reused) == (5, 4)
    describe(photos, tmp_path / "repeated.h5", model="gist")
    assert columns(tmp_path / "set.h5") == columns(tmp_path / "repeated.h5")


def test_a_set_loses_images_that_are_gone_though_nothing_is_new(photos: Path, tmp_path: Path) -> None:
    (photos / "R03.jpg").unlink()
    done = describe(photos, tmp_path / "set.h5", model="gist")
    assert (done.images, done.reused, done.removed) == (3, 3, 1)
    assert read_descriptors(tmp_path / "set.h5").ids == ["R00", "R01", "R02"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["{library}", "--model", "gist"], "set.h5: contains the images of {photos}, not of {library}."),
        (["photos", "--quality", "fast"], "To refresh it, add --model gist --quality default."),
        (["photos/R00.jpg", "--model", "gist"], "set.h5: contains the images of {photos}"),
    ],
)
@pytest.mark.usefixtures("photos")
def test_a_set_of_other_images_or_another_model_is_refused_with_the_way_on(
    copytrace: Callable[..., Run], library: Path, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    before = (tmp_path / "set.h5").read_bytes()
    command = [argument.format(library=library) for argument in arguments]
    run = copytrace("describe", *command, "-o", "set.h5")
    assert run.returncode == 2
    assert sentence.format(library=library, photos=tmp_path / "photos") in run.stderr
    assert "--replace" in run.stderr
    assert (tmp_path / "set.h5").read_bytes() == before
    assert not (tmp_path / "set.h5.parts").exists()
    replaced = copytrace(
        "describe", *command, "-o", "set.h5", "--replace", "--model", "gist", "--quality", "default"
    )
    assert replaced.returncode == 0, replaced.stderr


def test_a_file_that_is_no_set_or_records_no_source_is_refused(
    copytrace: Callable[..., Run], photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    run = copytrace("describe", "photos", "-o", "notes.txt", "--model", "gist")
    assert (run.returncode, (tmp_path / "notes.txt").read_text()) == (2, "mine")
    assert "notes.txt: already exists and is not a descriptor set." in run.stderr
    with h5py.File(tmp_path / "set.h5", "a") as file:
        del file.attrs["source"]
    run = copytrace("describe", "photos", "-o", "set.h5", "--model", "gist")
    assert run.returncode == 2
    assert "set.h5: does not record its source" in run.stderr
    assert photos.is_dir()


def test_a_set_of_another_file_of_the_model_or_another_background_is_refused(
    photos: Path, tmp_path: Path
) -> None:
    for attribute, sentence in (
        ("model_sha256", "another file of the model"),
        ("background_sha256", "--background"),
    ):
        with h5py.File(tmp_path / "set.h5", "a") as file:
            before, file.attrs[attribute] = file.attrs[attribute], "0" * 64
        with pytest.raises(DescriptorError, match=sentence):
            describe(photos, tmp_path / "set.h5", model="gist")
        with h5py.File(tmp_path / "set.h5", "a") as file:
            file.attrs[attribute] = before


def test_a_set_may_go_into_a_pipe(copytrace: Callable[..., Run], library: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "read.h5").open("wb") as read:
        reader = subprocess.Popen(["cat", tmp_path / "pipe"], stdout=read)
    run = copytrace("describe", library / "R00.jpg", "-o", "pipe", "--model", "gist")
    assert (run.returncode, reader.wait()) == (0, 0), run.stderr
    assert read_descriptors(tmp_path / "read.h5").ids == ["R00"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pipe", "read.h5"]


def test_restrictive_terms_of_a_model_are_told_once(
    copytrace: Callable[..., Run], library: Path, tmp_path: Path
) -> None:
    network = write_network(tmp_path / "network", licence="research and evaluation only")
    run = copytrace("describe", library / "R00.jpg", "-o", "set.h5", "--model", network, "--json")
    assert run.stderr.count("research and evaluation only") == 1
    assert json.loads(run.stdout)["licence"].startswith("research and evaluation only")
    free = copytrace("describe", library / "R00.jpg", "-o", "free.h5", "--model", "gist", "--json")
    assert "Licence of the model" not in free.stderr
    assert json.loads(free.stdout)["licence"] == "MIT (part of copytrace)"


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,000 small pictures, all different."""
    folder = tmp_path_factory.mktemp("many")
    rng = np.random.default_rng(0)
    for number in range(IMAGES):
        coarse = rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((48, 48)).save(folder / f"{number:05d}.jpg")
    return folder


def _command(many: Path, output: Path) -> list[str]:
    # With the fastest quality: this test applies equally to all.
    return [
        sys.executable, "-m", "copytrace", "describe", str(many), "-o", str(output), "--quality", "fast",
        "--workers", str(WORKERS),
    ]  # fmt: skip


def _start(many: Path, output: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(_command(many, output), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _wait_for_parts(process: subprocess.Popen[bytes], folder: Path, count: int) -> None:
    """Wait until there are `count` parts or the process has ended."""
    while process.poll() is None and (not folder.exists() or len(list(folder.glob("[!.]*.part"))) < count):
        time.sleep(0.001)


def test_killed_again_and_again_it_repeats_one_chunk_per_worker_and_gives_the_same_set(
    many: Path, tmp_path: Path, kills: int
) -> None:
    whole, broken = tmp_path / "whole.h5", tmp_path / "broken.h5"
    assert _start(many, whole).wait() == 0
    parts = tmp_path / "broken.h5.parts"
    total = -(-IMAGES // CHUNK_IMAGES)
    rng = np.random.default_rng()
    finished: dict[str, int] = {}
    for kill in range(kills):
        process = _start(many, broken)
        goal = len(finished) + 1 + int(rng.integers(0, max(1, (total - len(finished)) // (kills - kill))))
        # If only chunks in progress were left, the run might end before it is killed.
        _wait_for_parts(process, parts, min(goal, total - WORKERS - 1))
        process.send_signal(signal.SIGKILL)
        process.wait()
        now = {path.name: path.stat().st_mtime_ns for path in parts.glob("[!.]*.part")}
        # Finished chunks are still there and were not rewritten: only the chunks in progress are repeated.
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
    assert len(list((tmp_path / "set.h5.parts").glob("[!.]*.part"))) >= 3


def test_a_damaged_part_is_made_again_and_a_second_run_is_told_of_the_first(
    copytrace: Callable[..., Run], many: Path, tmp_path: Path
) -> None:
    output, parts = tmp_path / "set.h5", tmp_path / "set.h5.parts"
    process = _start(many, output)
    _wait_for_parts(process, parts, 3)
    second = copytrace("describe", many, "-o", "set.h5", "--quality", "fast")
    assert second.returncode == 2
    assert "set.h5: another run is writing it" in second.stderr
    process.send_signal(signal.SIGKILL)
    process.wait()
    whole, *_, cut = parts.glob("[!.]*.part")
    whole.write_bytes(b"")
    cut.write_bytes(cut.read_bytes()[:-1])
    last = copytrace("describe", many, "-o", "set.h5", "--quality", "fast", "--json")
    assert json.loads(last.stdout)["images"] == IMAGES
    assert [path.name for path in tmp_path.iterdir()] == ["set.h5"]


def test_a_full_disk_is_explained_and_what_is_done_is_kept(
    copytrace: Callable[..., Run], copytrace_out_of_space: Callable[..., Run], many: Path, tmp_path: Path
) -> None:
    run = copytrace_out_of_space(500_000, "describe", many, "-o", "set.h5", "--quality", "fast")
    # 1,000 vectors take one megabyte: each part fits below the limit, but the whole set does not.
    assert run.returncode == 1
    assert "File too large" in run.stderr
    assert "Traceback" not in run.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["set.h5.parts"]
    whole = copytrace("describe", many, "-o", "set.h5", "--quality", "fast", "--json")
    assert json.loads(whole.stdout)["reused"] == IMAGES
