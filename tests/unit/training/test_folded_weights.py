"""The script that folds published weights of EfficientNet-Lite0."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from copytrace.training.start import read_weights

if TYPE_CHECKING:
    import numpy.typing as npt

pytestmark = pytest.mark.needs("torch")

SCRIPT = Path(__file__).parents[3] / "scripts" / "fold_efficientnet_lite0"


def _state(rng: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
    """A state dict with the names of EfficientNet-Lite0, and two channels everywhere."""
    layers = [("_conv_stem", "_bn0"), ("_conv_head", "_bn1")]
    for number in range(16):
        parts = ("expand", "depthwise", "project")[number == 0 :]
        first = 3 - len(parts)
        layers += [
            (f"_blocks.{number}._{part}_conv", f"_blocks.{number}._bn{first + place}")
            for place, part in enumerate(parts)
        ]
    state = {}
    for convolution, norm in layers:
        inputs = 3 if convolution == "_conv_stem" else 2
        state[f"{convolution}.weight"] = rng.normal(size=(2, inputs, 1, 1)).astype(np.float16)
        for part in ("weight", "bias", "running_mean"):
            state[f"{norm}.{part}"] = rng.normal(size=2).astype(np.float32)
        state[f"{norm}.running_var"] = rng.uniform(0.5, 2, 2).astype(np.float32)
    return state


def test_folded_weights_do_what_the_convolution_and_its_normalisation_did(tmp_path: Path) -> None:
    state = _state(np.random.default_rng(0))
    np.savez(tmp_path / "state.npz", **state)
    subprocess.run([sys.executable, SCRIPT, tmp_path / "state.npz", tmp_path / "out.npz"], check=True)
    folded = read_weights(tmp_path / "out.npz")
    assert len(folded) == 2 * 49
    values = torch.arange(0.0, 255, 5)[:51].reshape(1, 3, 1, 17)
    norm = [torch.tensor(state[f"_bn0.{part}"]) for part in ("running_mean", "running_var", "weight", "bias")]
    plain = functional.conv2d((values - 127) / 128, torch.tensor(state["_conv_stem.weight"]).float())
    expected = functional.batch_norm(plain, *norm, eps=1e-3)
    found = functional.conv2d(values / 127.5 - 1, folded["00.weight"], folded["00.bias"])
    assert torch.allclose(found, expected, atol=1e-4)
