from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pytest

from copytrace.descriptors import Choice, NoGpuError, device, onnx
from copytrace.edits.drawing.scenes import draw_picture
from copytrace.errors import DescriptorError
from copytrace.library import Library
from copytrace.pipelines.describe import describe
from copytrace.pipelines.find_copies import find_copies
from copytrace.pipelines.on_device import on_device
from copytrace.progress import SILENT
from copytrace.vectors import read_descriptors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST_DIFFERENCE = 1e-3
"""Largest difference of a component between the vectors of one picture from the CPU and a GPU."""

NO_GPU = device.CUDA not in onnxruntime.get_available_providers()


class Notes:
    """Progress that records its messages."""

    def __init__(self) -> None:
        self.said: list[str] = []

    @contextmanager
    def task(self, *args: Any, **options: Any) -> Iterator[Any]:
        with SILENT.task(*args, **options) as bar:
            yield bar

    def note(self, message: str) -> None:
        self.said.append(message)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures, two of one size."""
    folder = tmp_path_factory.mktemp("pictures")
    for seed in range(3):
        picture = draw_picture(seed)
        picture.crop((0, 0, 160, 120 if seed else 90)).save(folder / f"{seed}.png")
    return folder


@pytest.mark.skipif(not NO_GPU, reason="there may be a GPU")
def test_auto_falls_back_to_the_cpu_with_one_line_that_says_why() -> None:
    notes = Notes()
    assert on_device(Choice(), "auto", notes) == Choice()
    assert len(notes.said) == 1
    assert "Describing on the CPU: this ONNX Runtime cannot use GPUs" in notes.said[0]
    assert ".[gpu]" in notes.said[0]


def test_a_descriptor_without_a_network_runs_on_the_cpu() -> None:
    notes = Notes()
    assert on_device(Choice("gist"), "auto", notes) == Choice("gist")
    assert notes.said == ["Describing on the CPU: the descriptor 'gist' does not run on a GPU."]


@pytest.mark.skipif(not NO_GPU, reason="there may be a GPU")
def test_cuda_is_refused_where_it_cannot_be_used() -> None:
    with pytest.raises(NoGpuError, match="--device cuda: this ONNX Runtime cannot use GPUs") as refused:
        on_device(Choice(), "cuda")
    assert refused.value.exit_code == 3


def test_a_runtime_that_continues_without_the_gpu_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx, "providers_of", lambda _: [device.CPU])
    with pytest.raises(NoGpuError, match="found no usable GPU"):
        on_device(Choice(), "cuda")


def test_a_gpu_that_the_runtime_supports_is_asked_for_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [device.CUDA, device.CPU])
    assert device.providers_of("cuda") == [device.CUDA, device.CPU]
    assert device.providers_of("cpu") == [device.CPU]


@pytest.mark.usefixtures("gpu")
def test_one_process_describes_batches_that_others_decode(pictures: Path, tmp_path: Path) -> None:
    describe(pictures, tmp_path / "cpu.h5", tiles=5, workers=1)
    describe(pictures, tmp_path / "gpu.h5", tiles=5, workers=2, device="cuda")
    made, expected = (read_descriptors(tmp_path / name) for name in ("gpu.h5", "cpu.h5"))
    assert (made.device, expected.device) == ("cuda", "cpu")
    assert made.content_sha256 == expected.content_sha256
    np.testing.assert_allclose(made.vectors, expected.vectors, atol=LARGEST_DIFFERENCE)
    with pytest.raises(
        DescriptorError, match=r"was described on the device 'cuda', not on 'cpu'.*--device cuda"
    ):
        describe(pictures, tmp_path / "gpu.h5", workers=1)


@pytest.mark.usefixtures("gpu")
def test_sets_of_both_devices_are_compared(pictures: Path, tmp_path: Path) -> None:
    describe(pictures, tmp_path / "cpu.h5", workers=1)
    found = find_copies(pictures, tmp_path / "cpu.h5", device="cuda", workers=2)
    assert found.matches.query_ids[:3] == found.matches.reference_ids[:3]


@pytest.mark.usefixtures("gpu")
def test_a_library_is_filled_and_asked_on_a_gpu(pictures: Path, tmp_path: Path) -> None:
    Library.create(tmp_path / "library")
    with Library.open(tmp_path / "library") as library:
        library.describe_on("cuda")
        assert library.add(pictures, workers=2).added == 3
        (first, *_), _ = library.lookup_images(pictures, workers=2)
        assert first.hits[0].id == "0.png"


@pytest.mark.skipif(NO_GPU, reason="there is no GPU")
def test_a_gpu_and_the_cpu_agree(pictures: Path, tmp_path: Path) -> None:
    for name in ("cpu", "cuda"):
        describe(pictures, tmp_path / f"{name}.h5", workers=1, device=name)  # type: ignore[arg-type]
    here, there = (read_descriptors(tmp_path / f"{name}.h5").vectors for name in ("cpu", "cuda"))
    np.testing.assert_allclose(there, here, rtol=0, atol=LARGEST_DIFFERENCE)
