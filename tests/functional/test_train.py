"""`copytrace train` as a person runs it, on photographs from a package."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.descriptors import read_card
from copytrace.descriptors.inset import INSET_FILE
from copytrace.descriptors.registry import network_folder
from copytrace.edits.drawing.scenes import draw_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from command_line import CommandLine

    Run = subprocess.CompletedProcess[str]

pytestmark = pytest.mark.needs("torch")

RECIPE = """
network: resnet10
sizes: [[0.0, 32], [0.5, 64]]
batch: 8
memory: 64
"""


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photographs")
    for number in range(48):
        draw_picture(number).resize((96, 72)).save(folder / f"{number:02d}.png")
    (folder / "recipe.yaml").write_text(RECIPE)
    return folder


@pytest.fixture
def train(command_line: CommandLine, photographs: Path) -> Callable[..., Run]:
    """Trains on the photographs; the arguments are the output and further options."""

    def run(output: Path, *options: str) -> Run:
        return command_line.run(*_arguments(photographs, output, *options), imports=("torch",))

    return run


def _arguments(photographs: Path, output: Path, *options: str) -> Sequence[str]:
    return [
        "train", str(photographs), "-o", str(output), "--cache",
        str(photographs.parent / "cache"), "--recipe", str(photographs / "recipe.yaml"), "--init", "none",
        "--workers", "0", "--threads", "1", "--device", "cpu", "--round", "2", *options,
    ]  # fmt: skip


def _weights(output: Path) -> bytes:
    return (output / "model/model.onnx").read_bytes()


def test_a_trained_model_describes_images_and_finds_them(
    train: Callable[..., Run], command_line: CommandLine, photographs: Path, tmp_path: Path
) -> None:
    done = train(tmp_path / "run", "--steps", "4", "--json")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) == {"model", "fast", "default", "best"}
    lines = (tmp_path / "run/log.jsonl").read_text().splitlines()
    looks = [json.loads(line) for line in lines]
    assert [look["step"] for look in looks] == [2, 4]
    told = done.stderr.partition("recall@P90")[2].splitlines()[1]
    assert f"{looks[-1]['normalised']['micro_ap']:.3f}" in told, done.stderr
    found = command_line.run(
        "find",
        photographs / "07.png",
        photographs,
        "--model",
        tmp_path / "run/model",
        "--json",
    )
    assert json.loads(found.stdout)["matches"][0]["reference_id"] == "07", found.stderr


def test_a_resumed_run_reaches_the_same_weights(
    train: Callable[..., Run], photographs: Path, tmp_path: Path
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert train(whole, "--steps", "4").returncode == 0
    command = [f"{sys.prefix}/bin/copytrace", *_arguments(photographs, parts, "--steps", "4")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    checkpoint = parts / "checkpoint.pt"
    while process.poll() is None and not checkpoint.exists():
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = train(parts, "--steps", "4")
    assert "at step" in done.stderr
    assert _weights(parts) == _weights(whole)


def test_training_continues_from_an_exported_model(train: Callable[..., Run], tmp_path: Path) -> None:
    assert train(tmp_path / "first", "--steps", "2").returncode == 0
    first = str(tmp_path / "first/model/model.onnx")
    done = train(tmp_path / "second", "--steps", "2", "--init", first, "--teacher", "gist")
    assert done.returncode == 0, done.stderr
    assert _weights(tmp_path / "second") != _weights(tmp_path / "first")


def test_the_inset_network_is_included_where_pictures_have_its_size(
    train: Callable[..., Run], tmp_path: Path
) -> None:
    recipe = tmp_path / "larger.yaml"
    recipe.write_text(RECIPE.replace("[[0.0, 32], [0.5, 64]]", "[[0.0, 128]]"))
    options = ("--steps", "2", "--recipe", str(recipe))
    done = train(tmp_path / "run", *options)
    assert done.returncode == 0, done.stderr
    model = tmp_path / "run/model"
    shipped = network_folder("copytrace")
    assert shipped is not None
    assert (model / INSET_FILE).read_bytes() == (shipped / INSET_FILE).read_bytes()
    assert (model / "LICENSE-inset").read_bytes() == (shipped / "LICENSE").read_bytes()
    cards = [read_card(folder / "card.yaml", "best") for folder in (model, shipped)]
    assert cards[0].inset == cards[1].inset
    assert cards[0].card.input == cards[1].card.input
    done = train(tmp_path / "run", *options, "--export-only", "--inset", "none")
    assert done.returncode == 0, done.stderr
    assert read_card(model / "card.yaml").inset is None
    assert not {INSET_FILE, "LICENSE-inset"} & {file.name for file in model.iterdir()}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--inset", "missing.onnx"), "missing.onnx: No such file or directory"),
        (("--inset", "/dev/null"), "/dev/null: is not a usable ONNX model"),
        (
            ("--inset", str(network_folder("copytrace") / INSET_FILE)),
            "takes pictures of 128 px, but a model of",
        ),
        (("--recipe", "missing.yaml"), "missing.yaml: no such recipe file"),
        (("--init", "/dev/null"), "contains no weights"),
        (("--device", "abacus"), "expected cpu, cuda or auto"),
    ],
)
def test_what_cannot_be_used_is_said(
    train: Callable[..., Run], tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    done = train(tmp_path / "run", "--steps", "2", *options)
    assert done.returncode == 2, done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_too_few_photographs_are_refused(command_line: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "few"
    folder.mkdir()
    (folder / "broken.jpg").write_bytes(np.arange(99, dtype=np.uint8).tobytes())
    arguments = _arguments(folder, tmp_path / "run", "--recipe", "scratch")
    done = command_line.run(*arguments, imports=("torch",))
    assert done.returncode == 2
    assert "needs at least two photographs; 0 can be used" in done.stderr
