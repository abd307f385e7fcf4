"""Networks downloaded from where they are published, or given as files, through the command line."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest
import yaml
from PIL import Image

from copytrace.edits.drawing.scenes import draw_picture
from tiny_networks import card_fields, tiny_finder, tiny_network, write_bank, write_finder, write_network

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Run = subprocess.CompletedProcess[str]
    Start = Callable[..., subprocess.Popen[str]]

PART = 4 << 20


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of added models, empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "copytrace" / "models"


@pytest.fixture
def network() -> bytes:
    """An ONNX file larger than one part of a download."""
    from onnx import numpy_helper

    model = tiny_network()
    noise = np.random.default_rng(0).normal(size=3_000_000).astype(np.float32)
    model.graph.initializer.append(numpy_helper.from_array(noise, "ballast"))
    data: bytes = model.SerializeToString()
    return data


def write_card(path: Path, url: str, **changes: Any) -> Path:
    published = {"address": f"{url}/tiny.onnx", "page": "https://example.org/tiny", "form": "onnx"}
    path.write_text(yaml.safe_dump(card_fields(published=published, **changes)))
    return path


def test_a_fetched_model_is_used_without_its_server(
    copytrace: Callable[..., Run], server: Any, tmp_path: Path, models: Path, network: bytes
) -> None:
    server.files["tiny.onnx"] = network
    card = write_card(tmp_path / "card.yaml", server.url)
    run = copytrace("models", "add", card, "--json")
    assert run.returncode == 0, run.stderr
    digest = hashlib.sha256(network).hexdigest()
    added = json.loads(run.stdout)
    assert (added["name"], added["source_sha256"], added["model_sha256"]) == ("tiny", digest, digest)
    assert sorted(path.name for path in models.iterdir()) == ["digests.json", "tiny"]
    server.shutdown()
    server.server_close()
    again = copytrace("models", "add", card)
    assert again.returncode == 0, again.stderr
    assert "already added" in again.stderr
    Image.new("RGB", (50, 40), "teal").save(tmp_path / "a.jpg")
    described = copytrace("describe", "a.jpg", "-o", "set.h5", "--model", "tiny")
    assert described.returncode == 0, described.stderr
    listed = {each["name"]: each for each in json.loads(copytrace("models", "--json").stdout)}
    assert (listed["tiny"]["state"], listed["tiny"]["sha256"]) == ("here", digest)
    shown = copytrace("models", "info", "tiny").stdout
    assert digest in shown
    assert "made in a test" in shown


def test_the_inset_network_beside_a_card_is_included(
    copytrace: Callable[..., Run], tmp_path: Path, models: Path
) -> None:
    folder = write_finder(write_network(tmp_path / "made"), tiny_finder((4, 11, 0, 7)))
    arguments = ("models", "add", folder / "model.onnx", "--card", folder / "card.yaml")
    added = copytrace(*arguments, "--json")
    assert added.returncode == 0, added.stderr
    Image.new("RGB", (50, 40), "teal").save(tmp_path / "a.jpg")
    described = copytrace("describe", "a.jpg", "-o", "set.h5", "--model", "tiny")
    assert described.returncode == 0, described.stderr
    shutil.rmtree(models)
    (folder / "inset.onnx").unlink()
    refused = copytrace(*arguments)
    assert refused.returncode == 2, refused.stderr
    assert "inset.onnx is missing next to it" in " ".join(refused.stderr.split())
    assert not (models / "tiny").exists()


def test_the_inset_network_of_one_quality_is_included(copytrace: Callable[..., Run], tmp_path: Path) -> None:
    folder = write_finder(write_network(tmp_path / "made"), tiny_finder((4, 11, 0, 7)))
    card = folder / "card.yaml"
    fields = yaml.safe_load(card.read_text())
    card.write_text(
        yaml.safe_dump(fields | {"inset": None, "qualities": {"best": {"inset": fields["inset"]}}})
    )
    added = copytrace("models", "add", folder / "model.onnx", "--card", card)
    assert added.returncode == 0, added.stderr
    Image.new("RGB", (50, 40), "teal").save(tmp_path / "a.jpg")
    described = copytrace("describe", "a.jpg", "-o", "set.h5", "--model", "tiny", "--quality", "best")
    assert described.returncode == 0, described.stderr


def test_a_folder_is_taken_whole(copytrace: Callable[..., Run], tmp_path: Path) -> None:
    folder = write_finder(write_network(tmp_path / "made"), tiny_finder((4, 11, 0, 7)))
    write_bank(folder)
    papers = {"README.md": "How it was made.", "LICENSE": "As you like.", "LICENSE-inset": "Not for sale."}
    for name, text in papers.items():
        (folder / name).write_text(text)
    added = copytrace("models", "add", folder)
    assert added.returncode == 0, added.stderr
    draw_picture(1).resize((96, 72)).save(tmp_path / "a.jpg")
    for model in ("tiny", folder):
        described = copytrace("describe", "a.jpg", "-o", f"{Path(model).name}.h5", "--model", model)
        assert described.returncode == 0, described.stderr
    with h5py.File(tmp_path / "tiny.h5") as one, h5py.File(tmp_path / "made.h5") as other:
        assert one["bias"][0] == other["bias"][0] > 0
    shown = copytrace("models", "info", "tiny").stdout
    assert [text for text in papers.values() if text not in shown] == []


def test_a_folder_without_a_card_is_not_a_model(
    copytrace: Callable[..., Run], tmp_path: Path, models: Path
) -> None:
    folder = write_network(tmp_path / "made")
    (folder / "card.yaml").unlink()
    refused = copytrace("models", "add", folder)
    assert refused.returncode == 2, refused.stderr
    assert "made: is not a model's folder: it has no card.yaml" in " ".join(refused.stderr.split())
    assert not list(models.glob("*"))


def test_a_killed_download_resumes(
    copytrace: Callable[..., Run], start: Start, server: Any, tmp_path: Path, network: bytes
) -> None:
    server.files["tiny.onnx"] = network
    server.hold("tiny.onnx", 2 * PART + 1000)
    process = start("models", "add", write_card(tmp_path / "card.yaml", server.url))
    assert server.held.wait(60)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    server.release.set()
    before = len(server.gets())
    run = copytrace("models", "add", "card.yaml")
    assert run.returncode == 0, run.stderr
    # Requesting the first byte gives the size; the first part is not requested again.
    starts = [int(asked.range.removeprefix("bytes=").partition("-")[0]) for asked in server.gets()[before:]]
    assert starts[0] == 0
    assert min(starts[1:]) >= PART


def test_another_file_than_the_first_is_refused(
    copytrace: Callable[..., Run], server: Any, tmp_path: Path, models: Path, network: bytes
) -> None:
    server.files["tiny.onnx"] = network
    card = write_card(tmp_path / "card.yaml", server.url)
    assert copytrace("models", "add", card).returncode == 0
    other = tiny_network(seed=9).SerializeToString()
    (tmp_path / "other.onnx").write_bytes(other)
    assert copytrace("models", "add", "other.onnx", "--card", card).returncode == 2
    # The stored model is still the first one.
    assert (models / "tiny" / "model.onnx").read_bytes() == network
    shutil.rmtree(models / "tiny")
    server.files["tiny.onnx"] = other
    refused = copytrace("models", "add", card)
    assert refused.returncode == 2
    assert hashlib.sha256(network).hexdigest() in refused.stderr.replace("\n", "")
    assert not (models / "tiny").exists()
    (tmp_path / "same.onnx").write_bytes(network)
    assert copytrace("models", "add", "same.onnx", "--card", card).returncode == 0


@pytest.mark.parametrize(
    "fault",
    [("nobody", 3, "no connection"), ("missing", 2, "not found at the source (404)"), ("busy", 3, "503")],
    ids=lambda fault: fault[0],
)
def test_what_to_do_without_the_source_is_said(
    copytrace: Callable[..., Run], server: Any, tmp_path: Path, fault: tuple[str, int, str]
) -> None:
    kind, code, reason = fault
    card = write_card(tmp_path / "card.yaml", server.url)
    if kind == "nobody":
        server.shutdown()
        server.server_close()
    elif kind == "busy":
        server.answer("tiny.onnx", 503, times=100)
    run = copytrace("models", "add", card)
    assert run.returncode == code
    said = " ".join(run.stderr.split())
    assert reason in said
    assert "download the file on another machine" in said
    assert "copytrace models add tiny.onnx --card" in said
    assert "Traceback" not in said


def test_a_model_that_only_a_browser_gets_says_so(copytrace: Callable[..., Run]) -> None:
    run = copytrace("models", "add", "copynce_vits16")
    assert run.returncode == 2
    said = " ".join(run.stderr.split())
    assert "with a browser from https://github.com/eddielyc/CopyNCE" in said
    assert "copytrace models add FILE --card copynce_vits16" in said


@pytest.mark.needs("torch")
@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_a_file_of_a_published_model_is_known_by_its_name_and_converted(
    copytrace: Callable[..., Run], tmp_path: Path, library: Path, models: Path
) -> None:
    import torch

    class Descriptor(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.trunk = torch.nn.Conv2d(3, 16, 9, 8)
            self.matrix = torch.nn.Linear(16, 512)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.normalize(self.matrix(self.trunk(x).relu().mean(dim=(2, 3))))

    file = tmp_path / "sscd_disc_mixup.torchscript.pt"
    torch.jit.script(Descriptor().eval()).save(str(file))
    run = copytrace("models", "add", file, "--json")
    assert run.returncode == 0, run.stderr
    added = json.loads(run.stdout)
    assert added["name"] == "sscd_disc_mixup"
    assert added["source_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    model = (models / "sscd_disc_mixup" / "model.onnx").read_bytes()
    assert added["model_sha256"] == hashlib.sha256(model).hexdigest()
    refused = copytrace("describe", library, "-o", "set.h5", "-m", "sscd_disc_mixup")
    assert "produces 512 dimensions" in refused.stderr
    converted = copytrace("models", "convert", file, "-o", "model.onnx", "--json")
    assert converted.returncode == 0, converted.stderr
    assert json.loads(converted.stdout)["sha256"] == added["model_sha256"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nosuch",), "Unknown published model 'nosuch'; available: copynce_vits16"),
        (("nosuch.onnx",), "nosuch.onnx: does not exist"),
        (("letter.onnx",), "no published model has a file of this name, so it needs a card"),
        (("letter.onnx", "--card", "card.yaml"), "letter.onnx"),
        (("letter.onnx", "--card", "gist.yaml"), "the name 'gist' belongs to a descriptor"),
        (("letter.onnx", "--card", "path.yaml"), "may contain only letters, digits"),
        (("letter.bin", "--card", "bare.yaml"), "its card does not name its format"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else None,
)
def test_a_wrong_argument_is_explained(
    copytrace: Callable[..., Run], tmp_path: Path, models: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    for name in ("letter.onnx", "letter.bin"):
        (tmp_path / name).write_text("Dear reader,")
    write_card(tmp_path / "card.yaml", "http://127.0.0.1:1")
    write_card(tmp_path / "gist.yaml", "http://127.0.0.1:1", name="gist")
    write_card(tmp_path / "path.yaml", "http://127.0.0.1:1", name="../up")
    (tmp_path / "bare.yaml").write_text(yaml.safe_dump(card_fields()))
    run = copytrace("models", "add", *arguments)
    assert run.returncode == 2, run.stderr
    assert sentence in " ".join(run.stderr.split())
    assert "Traceback" not in run.stderr
    assert not list(models.glob("*")), "neither a model nor a digest is kept"


def test_a_published_model_that_is_not_here_says_how_to_get_it(
    copytrace: Callable[..., Run], library: Path
) -> None:
    run = copytrace("describe", library, "-o", "set.h5", "--model", "isc_selfsup_v98")
    assert run.returncode == 2
    assert "copytrace models add isc_selfsup_v98" in run.stderr
    shown = copytrace("models", "info", "isc_selfsup_v98")
    assert shown.returncode == 0
    assert "512 x 512" in shown.stdout
    listed = json.loads(copytrace("models", "list", "--json").stdout)
    states = {each["name"]: each["state"] for each in listed}
    assert states["isc_selfsup_v98"] == "published"
