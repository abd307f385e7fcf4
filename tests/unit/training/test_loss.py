import numpy as np
import pytest
import torch

from copytrace.training.loss import Memory, losses, relational_loss

pytestmark = pytest.mark.needs("torch")


def _naive(
    vectors: np.ndarray, owner: list[int], memory: np.ndarray, remembered: list[int], heat: float
) -> float:
    others, names = np.concatenate([vectors, memory]), owner + remembered
    total = 0.0
    for row, vector in enumerate(vectors):
        partner = (row + len(vectors) // 2) % len(vectors)
        strangers = [others[k] @ vector / heat for k in range(len(others)) if names[k] != owner[row]]
        right = vector @ vectors[partner] / heat
        total += np.log(np.exp([right, *strangers]).sum()) - right
    return total / len(vectors)


def _units(count: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_the_contrast_is_that_of_its_definition() -> None:
    vectors, memory = _units(6, 0), _units(5, 1)
    found = losses(
        torch.tensor(vectors),
        torch.tensor([3, 4, 5]),
        torch.tensor(memory),
        torch.tensor([3, 9, 9, 4, 8]),
        0.1,
    )
    expected = _naive(vectors, [3, 4, 5, 3, 4, 5], memory, [3, 9, 9, 4, 8], 0.1)
    assert float(found.contrast) == pytest.approx(expected, rel=1e-4)


def test_the_spread_falls_as_vectors_move_apart() -> None:
    photos, none = torch.tensor([0, 1]), torch.empty(0, 2)
    near = torch.tensor([[1.0, 0.0], [0.96, 0.28], [1.0, 0.0], [0.96, 0.28]])
    far = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]])
    spreads = [float(losses(each, photos, none, photos[:0], 0.1).spread) for each in (near, far)]
    assert spreads[1] < spreads[0]
    assert spreads[1] == pytest.approx(-np.log(2), abs=1e-4)


def test_a_photograph_is_no_stranger_to_its_own_past() -> None:
    vectors = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    photos = torch.tensor([7, 8])
    same = losses(vectors, photos, torch.tensor([[1.0, 0.0]]), torch.tensor([7]), 0.1)
    other = losses(vectors, photos, torch.tensor([[1.0, 0.0]]), torch.tensor([9]), 0.1)
    assert float(same.contrast) < float(other.contrast)


def test_the_memory_keeps_the_latest() -> None:
    memory = Memory(3, 2)
    for number in range(4):
        memory.add(torch.full((2, 2), float(number)), torch.tensor([2 * number, 2 * number + 1]))
    assert memory.photos.tolist() == [5, 6, 7]
    assert len(memory.vectors) == 3
    nothing = Memory(0, 2)
    nothing.add(torch.zeros(2, 2), torch.tensor([1, 2]))
    assert len(nothing.photos) == 0


def test_the_relational_loss_is_none_where_all_distances_agree_up_to_their_scale() -> None:
    taught = torch.tensor(_units(3, 2))
    agreeing = torch.cat((taught, taught)) @ torch.linalg.qr(torch.randn(8, 8))[0]
    assert float(relational_loss(agreeing, torch.tensor([3, 4, 5]), 2 * taught)) == pytest.approx(0, abs=1e-6)


def test_the_relational_loss_is_that_of_its_definition() -> None:
    vectors, taught = _units(4, 0), _units(2, 1)
    pairs = [(row, other) for row in range(4) for other in range(4) if row % 2 != other % 2]
    student = np.array([np.linalg.norm(vectors[row] - vectors[other]) for row, other in pairs])
    teacher = np.array([np.linalg.norm(taught[row % 2] - taught[other % 2]) for row, other in pairs])
    off = np.abs(student / student.mean() - teacher / teacher.mean())
    expected = np.where(off < 1, off**2 / 2, off - 0.5).mean()
    found = relational_loss(torch.tensor(vectors), torch.tensor([7, 8]), torch.tensor(taught))
    assert float(found) == pytest.approx(expected, rel=1e-4)
