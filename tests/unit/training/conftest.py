"""Small networks and photographs to train them on."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("torch")

import numpy as np
import torch

from copytrace.edits.drawing.scenes import draw_picture
from copytrace.training.network import NETWORKS, DescriptorNetwork
from copytrace.training.photos import Photos, open_photos

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session", params=sorted(NETWORKS))
def made_network(request: pytest.FixtureRequest) -> DescriptorNetwork:
    """A network whose normalisation has seen pictures, so that folding it changes weights."""
    torch.manual_seed(1)
    made = NETWORKS[request.param](16)
    made.train()
    for _ in range(2):
        made(torch.randn(8, 3, 64, 64))
    return made.eval()


@pytest.fixture
def network(made_network: DescriptorNetwork) -> DescriptorNetwork:
    """A copy of that network, which a test may change."""
    return deepcopy(made_network)


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Photos:
    """Forty drawn pictures."""
    folder: Path = tmp_path_factory.mktemp("photos")
    for number in range(40):
        draw_picture(number).resize((80, 60)).save(folder / f"{number:02d}.png")
    return open_photos(str(folder), tmp_path_factory.mktemp("cache"), 64)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)
