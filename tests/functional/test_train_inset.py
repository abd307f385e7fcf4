"""`copytrace train-inset` as a person runs it, and a model that uses its output."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import onnx
import pytest

from copytrace.edits.drawing.scenes import draw_picture
from tiny_networks import write_finder, write_network

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from command_line import CommandLine

    Run = subprocess.CompletedProcess[str]

pytestmark = pytest.mark.needs("torch")


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photographs")
    for number in range(48):
        draw_picture(number).resize((96, 72)).save(folder / f"{number:02d}.png")
    return folder


@pytest.fixture
def run(command_line: CommandLine) -> Callable[..., Run]:
    return partial(command_line.run, imports=("torch",))


@pytest.fixture
def train(run: Callable[..., Run], photographs: Path) -> Callable[..., Run]:
    """Trains on the photographs, or those of another folder, to an output."""

    def train(output: Path, *options: object, folder: Path = photographs) -> Run:
        return run(
            "train-inset", folder, "-o", output, "--cache", folder.parent / "cache", "--workers", 0,
            "--threads", 1, "--device", "cpu", "--round", 2, *options,
        )  # fmt: skip

    return train


def test_a_finder_is_trained_resumes_and_serves_a_model(
    run: Callable[..., Run], train: Callable[..., Run], photographs: Path, tmp_path: Path
) -> None:
    first = train(tmp_path / "run", "--steps", 1)
    assert first.returncode == 0, first.stderr
    assert "inset: {side: 128, certainty: 0.05" in first.stdout
    done = train(tmp_path / "run", "--steps", 3, "--json")
    assert "at step 1" in done.stderr
    result = json.loads(done.stdout)
    assert 0 <= result["found"] <= 1
    assert 0 <= result["left_whole"] <= 1
    model = write_network(tmp_path / "model", input={"width": 160, "height": 160})
    file = tmp_path / "run/inset.onnx"
    write_finder(model, onnx.load(file), side=128, certainty=0.0)
    assert (model / "inset.onnx").read_bytes() == file.read_bytes()
    described = run("describe", photographs, "-o", tmp_path / "set.h5", "--model", model)
    assert described.returncode == 0, described.stderr


def test_too_few_photographs_are_refused(
    train: Callable[..., Run], photographs: Path, tmp_path: Path
) -> None:
    few = tmp_path / "few"
    few.mkdir()
    for number in range(5):
        (few / f"{number}.png").write_bytes((photographs / f"0{number}.png").read_bytes())
    refused = train(tmp_path / "run", "--steps", 1, folder=few)
    assert refused.returncode == 2, refused.stderr
    assert "at least 6, and preferably thousands" in " ".join(refused.stderr.split())
