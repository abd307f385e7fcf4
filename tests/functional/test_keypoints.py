from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]


def test_sets_with_keypoints_are_searched_without_their_pictures(
    copytrace: Callable[..., Run], suspects: Path, library: Path, tmp_path: Path
) -> None:
    for images, output in ((suspects, "q"), (library, "r")):
        shutil.copytree(images, tmp_path / output)
        run = copytrace("describe", output, "-o", f"{output}.h5", "--model", "gist", "--keypoints")
        assert run.returncode == 0, run.stderr
    assert run.stdout.endswith("r.h5.keypoints: keypoints of 12 images\n")
    # Views of a query need its picture, so this searches for whole pictures only.
    with_pictures = copytrace("find", "q.h5", "r.h5", "--effort", "low", "--json")
    shutil.rmtree(tmp_path / "q")
    shutil.rmtree(tmp_path / "r")
    without = copytrace("find", "q.h5", "r.h5", "--effort", "low", "--json")
    assert without.returncode == 0, without.stderr
    before, after = (
        {
            (match["query_id"], match["reference_id"], match["verdict"]): match["score"]
            for match in json.loads(run.stdout)["matches"]
            if match["verdict"] in {"copy", "probable"}
        }
        for run in (with_pictures, without)
    )
    # Stored features are rounded, and lack some features of the mirror image.
    assert after == pytest.approx(before, abs=0.01)


def test_a_second_run_adds_new_images_and_drops_missing_ones(
    copytrace: Callable[..., Run], library: Path, tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    for name in ("R00.jpg", "R01.jpg"):
        shutil.copy(library / name, tmp_path / "photos")
    arguments = ("describe", "photos", "-o", "set.h5", "--model", "gist", "--keypoints", "--json")
    assert json.loads(copytrace(*arguments).stdout)["keypoints"] == 2
    kept = tmp_path / "set.h5.keypoints"
    before = kept.stat().st_mtime_ns
    assert copytrace(*arguments).returncode == 0
    assert kept.stat().st_mtime_ns == before
    (tmp_path / "photos" / "R00.jpg").unlink()
    shutil.copy(library / "R02.jpg", tmp_path / "photos")
    assert json.loads(copytrace(*arguments).stdout)["keypoints"] == 2
    (tmp_path / "photos" / "R01.jpg").unlink()
    (tmp_path / "photos" / "R02.jpg").unlink()
    found = copytrace("find", library / "R02.jpg", "set.h5", "--json")
    compared = {match["reference_id"]: match["verdict"] for match in json.loads(found.stdout)["matches"]}
    assert compared["R02"] == "copy"


def test_a_file_without_keypoints_is_left_alone(
    copytrace: Callable[..., Run], library: Path, tmp_path: Path
) -> None:
    copytrace("describe", library, "-o", "set.h5", "--model", "gist")
    (tmp_path / "set.h5.keypoints").write_text("mine")
    run = copytrace("find", library / "R00.jpg", "set.h5")
    assert run.returncode == 2
    assert "set.h5.keypoints: is damaged, or not a file of keypoints. Delete it" in run.stderr
    assert (tmp_path / "set.h5.keypoints").read_text() == "mine"


def test_keypoints_need_a_file_to_stand_beside(copytrace: Callable[..., Run], library: Path) -> None:
    run = copytrace("describe", library, "-o", "/dev/stdout", "--keypoints")
    assert run.returncode == 2
    assert "--keypoints writes a second file, so /dev/stdout must be a file" in run.stderr
