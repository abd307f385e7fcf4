"""On a Ray cluster that loses a node, every command gives bit-identical results to one machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest

from copytrace.deduplication import find_duplicates
from copytrace.engines import RayEngine
from copytrace.pipelines import chunks, keypoints, verify_pairs
from copytrace.pipelines.describe import describe
from copytrace.pipelines.find_copies import find_copies
from copytrace.pipelines.score_submission import score
from copytrace.progress import SilentProgress
from copytrace.search import sharded
from copytrace.vectors import read_descriptors
from ray_cluster import Losing

if TYPE_CHECKING:
    from pathlib import Path

    from ray_cluster import RayCluster

pytestmark = [pytest.mark.cluster, pytest.mark.needs("ray")]


class Notes(SilentProgress):
    """Progress that records its messages."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, message: str) -> None:
        self.said.append(message)


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_IMAGES", 2)
    monkeypatch.setattr(keypoints, "CHUNK", 2)
    monkeypatch.setattr(verify_pairs, "QUERIES", 1)
    monkeypatch.setattr(sharded, "LEAST_ROWS", 500)


def test_descriptions_are_those_of_one_machine(cluster: RayCluster, library: Path, tmp_path: Path) -> None:
    for name, how in (("here.h5", {"workers": 1}), ("there.h5", {"engine": Losing(cluster, ships=True)})):
        describe(library, tmp_path / name, model="gist", **how)  # type: ignore[arg-type]
    here, there = (read_descriptors(tmp_path / name) for name in ("here.h5", "there.h5"))
    assert there.ids == here.ids
    assert there.content_sha256 == here.content_sha256
    np.testing.assert_array_equal(there.vectors, here.vectors)


@pytest.mark.usefixtures("gpu")
def test_the_gpu_of_this_machine_describes_what_tasks_of_the_cluster_decode(
    cluster: RayCluster, library: Path, tmp_path: Path
) -> None:
    # Only this process plays a GPU: a task that asked for one would fail.
    engine = RayEngine(address=cluster.address)
    describe(library, tmp_path / "gpu.h5", device="cuda", engine=engine)
    describe(library, tmp_path / "cpu.h5", workers=1)
    made, expected = (read_descriptors(tmp_path / name) for name in ("gpu.h5", "cpu.h5"))
    assert (made.device, made.ids) == ("cuda", expected.ids)
    np.testing.assert_allclose(made.vectors, expected.vectors, atol=1e-3)


def test_many_tasks_say_once_that_they_run_on_the_cpu(
    cluster: RayCluster, library: Path, tmp_path: Path
) -> None:
    notes = Notes()
    engine = RayEngine(address=cluster.address)
    describe(library, tmp_path / "set.h5", model="gist", device="auto", engine=engine, progress=notes)
    assert notes.said == ["Describing on the CPU: the descriptor 'gist' does not run on a GPU."]


def test_found_and_verified_copies_are_those_of_one_machine(
    cluster: RayCluster, suspects: Path, library: Path
) -> None:
    here = find_copies(suspects, library, model="gist", workers=1)
    there = find_copies(suspects, library, model="gist", engine=Losing(cluster))
    assert there.matches.query_ids == here.matches.query_ids
    assert there.matches.reference_ids == here.matches.reference_ids
    np.testing.assert_array_equal(there.matches.scores, here.matches.scores)
    assert here.matches.scores.max() > 0.5


def test_duplicates_are_those_of_one_machine(cluster: RayCluster, suspects: Path, tmp_path: Path) -> None:
    describe(suspects, tmp_path / "set.h5", model="gist", workers=1)
    here = find_duplicates(tmp_path / "set.h5", prior=0.5, workers=1)
    there = find_duplicates(
        tmp_path / "set.h5", prior=0.5, engine=RayEngine(address=cluster.address, ships=True)
    )
    assert there.to_dict() == here.to_dict()
    assert here.compared > 0


def test_a_score_is_that_of_one_machine(cluster: RayCluster, tmp_path: Path) -> None:
    import h5py

    rng = np.random.default_rng(0)
    with h5py.File(tmp_path / "run.h5", "w") as file:
        for side, rows, letter in (("query", 20, "Q"), ("reference", 3000, "R")):
            file[side] = rng.integers(0, 3, (rows, 8)).astype(np.float32)
            file[f"{side}_ids"] = [f"{letter}{row:05d}".encode() for row in range(rows)]
    pairs = [f"Q{row:05d},R{row:05d}" for row in range(20)]
    (tmp_path / "truth.csv").write_text("\n".join(["query_id,reference_id", *pairs]) + "\n")
    here = score(tmp_path / "run.h5", tmp_path / "truth.csv", bootstrap=0)
    there = score(tmp_path / "run.h5", tmp_path / "truth.csv", bootstrap=0, engine=Losing(cluster))
    assert there == here


def test_the_command_line_works_on_a_cluster_and_says_nothing_of_ray(
    cluster: RayCluster, library: Path, tmp_path: Path
) -> None:
    options = ("--model", "gist", "--device", "auto", "--json")
    run = _copytrace(tmp_path, "describe", library, "-o", "set.h5", *options, cluster=cluster)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["images"] == 12
    assert "ray" not in run.stderr.lower()
    assert run.stderr.count("Describing on the CPU") == 1


HERE = """
from copytrace.deduplication import find_duplicates
from copytrace.engines import RayEngine
from engine_tasks import linger
for _, pid in RayEngine(1).map_unordered(linger, range(1000)):
    print(pid, flush=True)
"""


def test_a_cluster_that_was_started_for_a_command_ends_when_it_is_killed() -> None:
    driver = subprocess.Popen(
        [sys.executable, "-c", HERE],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert driver.stdout is not None
    worker = psutil.Process(int(driver.stdout.readline()))
    # Ray's agents, which run no tasks, notice a minute later.
    started = [
        each for each in psutil.Process(driver.pid).children(recursive=True) if "Agent" not in each.name()
    ]
    assert worker in started
    driver.kill()
    driver.wait()
    driver.stdout.close()
    assert psutil.wait_procs(started, timeout=60)[1] == []


def _copytrace(folder: Path, *arguments: Any, cluster: RayCluster) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "copytrace",
            *map(str, arguments),
            "--engine",
            "ray",
            "--address",
            cluster.address,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
