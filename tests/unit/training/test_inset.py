"""Pictures inside pictures: the training data, the network, and its file."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
import pytest
import torch

from copytrace.edits import DRAWN, Recipe, Step, find_edit, replay
from copytrace.errors import InputError
from copytrace.training.inset import InsetLearner, begin_inset, inset_loss
from copytrace.training.inset_network import SIDE, STRIPS, InsetNetwork, folded, onnx_bytes
from copytrace.training.inset_views import InsetViews, sides_of
from copytrace.training.start import read_weights
from copytrace.training.views import points_shown

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.training.photos import Photos

pytestmark = pytest.mark.needs("torch")


@pytest.fixture
def views(photos: Photos) -> InsetViews:
    return InsetViews(photos, np.arange(30), np.arange(30, 40), 0, steps=3, size=24, seed=5)


@pytest.fixture(scope="module")
def network() -> InsetNetwork:
    """One whose normalisation has seen pictures, so that folding it changes weights; no test changes it."""
    torch.manual_seed(1)
    made = InsetNetwork().train()
    for _ in range(2):
        made(_pictures(8))
    return made.eval()


def _pictures(count: int) -> torch.Tensor:
    return torch.rand(count, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(2)) * 2 - 1


def test_a_batch_depends_on_its_number_and_the_seed_alone(views: InsetViews) -> None:
    sent = pickle.loads(pickle.dumps(views))
    first, again = views[1], sent[1]
    assert len(views) == 3
    assert all((one == other).all() for one, other in zip(first, again, strict=True))
    assert (first.pictures != views[2].pictures).any()


def test_the_truth_is_where_the_photograph_was_put(photos: Photos) -> None:
    drawn = find_edit("onto").draw(np.random.default_rng(0), 0.5, DRAWN)
    place = {"scale": 0.5, "ratio": 1.0, "x": 0.0, "y": 1.0}
    step = Step("onto", drawn | place, 0.5)
    edited = replay(photos[0], Recipe((step,)), DRAWN)
    left, right, top, bottom = sides_of(points_shown(edited.mapping, STRIPS)).tolist()
    assert (left, bottom) == (0, STRIPS - 1)
    assert right == pytest.approx(STRIPS / 2, abs=1)
    assert top == pytest.approx(STRIPS / 2, abs=1)


def test_most_pictures_show_the_photograph_all_over_and_many_a_part_of_it(views: InsetViews) -> None:
    areas = [
        (right - left + 1) * (bottom - top + 1) / STRIPS**2
        for number in range(len(views))
        for left, right, top, bottom in views[number].sides.tolist()
    ]
    assert len(areas) == 72
    assert 0.2 < np.mean(np.array(areas) < 0.75) < 0.6


def test_a_copy_with_nothing_left_is_drawn_again_and_finally_left_unedited(
    views: InsetViews, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copytrace.training.inset_views._LEAST_INSIDE", 1.01)
    assert views[0].inside.all()


def test_what_shows_next_to_nothing_has_no_sides() -> None:
    inside = np.zeros((STRIPS, STRIPS), bool)
    inside[3, 5] = True
    assert sides_of(inside).tolist() == [0, STRIPS - 1, 0, STRIPS - 1]


@torch.no_grad()
def test_the_exported_file_gives_the_scores_of_torch(network: InsetNetwork) -> None:
    scores, cells = network(_pictures(3))
    assert scores.shape == (3, 4, STRIPS)
    assert cells.shape == (3, 32, 32)
    assert torch.allclose(folded(network)(_pictures(3))[0], scores, atol=1e-4)
    session = onnxruntime.InferenceSession(onnx_bytes(network, {"name": "test"}))
    [given] = session.run(None, {"pixels": _pictures(3).numpy()})
    assert np.abs(given - scores.numpy()).max() < 1e-2 * float(scores.abs().max())


@torch.no_grad()
def test_a_run_that_begins_with_a_file_gives_its_scores_and_learns_on(
    network: InsetNetwork, photos: Photos, tmp_path: Path
) -> None:
    file = tmp_path / "inset.onnx"
    file.write_bytes(onnx_bytes(network, {"name": "test"}))
    begun = begin_inset(tmp_path, photos, read_weights(file), torch.device("cpu"))
    scores = network(_pictures(3))[0]
    assert torch.allclose(
        begun.network.eval()(_pictures(3))[0], scores, atol=1e-2 * float(scores.abs().max())
    )
    norms = [module for module in begun.network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert len(norms) == 10
    with torch.enable_grad():
        begun.learn(InsetViews(photos, np.arange(30), np.arange(30, 40), 0, 1, 8, 5)[0], share=0.1)
    assert not torch.equal(begun.network(_pictures(3))[0], scores)


def test_weights_of_another_network_are_refused(photos: Photos, tmp_path: Path) -> None:
    for weights in ({"other": torch.zeros(1)}, {"stem.convolution.weight": torch.zeros(1)}):
        with pytest.raises(InputError, match="a network that finds insets"):
            begin_inset(tmp_path, photos, weights, torch.device("cpu"))


def test_left_and_top_differ_from_right_and_bottom(network: InsetNetwork) -> None:
    scores, cells = network(_pictures(2))
    sides = torch.tensor([[10, 50, 5, 60], [0, 63, 0, 63]])
    inside = torch.zeros(2, STRIPS, STRIPS, dtype=torch.bool)
    right_scores = torch.full_like(scores, -9).scatter_(2, sides[..., None], 9.0)
    wrong_scores = torch.full_like(scores, -9).scatter_(2, sides[:, [1, 0, 2, 3], None], 9.0)
    assert inset_loss(right_scores, cells, sides, inside) < inset_loss(wrong_scores, cells, sides, inside)


def test_a_few_steps_reduce_the_loss_and_a_checkpoint_resumes_identically(
    views: InsetViews, photos: Photos, tmp_path: Path
) -> None:
    learner = InsetLearner(torch.device("cpu"))
    losses = [learner.learn(views[0], share=0.1) for _ in range(6)]
    assert losses[-1] < losses[0]
    learner.save(tmp_path / "inset.pt")
    again = begin_inset(tmp_path, photos, None, torch.device("cpu"))
    assert again.step == 6
    assert again.learn(views[1], share=0.2) == pytest.approx(learner.learn(views[1], share=0.2), rel=1e-5)
