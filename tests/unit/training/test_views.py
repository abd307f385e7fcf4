import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from copytrace.edits import DRAWN, HELD_OUT
from copytrace.training.photos import Photos, open_photos
from copytrace.training.plan import alike, plan_batches
from copytrace.training.recipe import TrainingRecipe, read_recipe, recipe_from
from copytrace.training.run import Budget, split_photos
from copytrace.training.views import TRAINING_MIXES, Views, captioned, edited_view, restyled, spoiled, varied

pytestmark = pytest.mark.needs("torch")


def _views(photos: Photos, seed: int = 3) -> Views:
    plan = np.arange(12).reshape(3, 4)
    return Views(photos, plan, np.arange(30, 40), 0, 32, seed, hard_pairs=0.5, restyled=0.3)


def test_a_batch_depends_on_its_number_and_the_seed_alone(photos: Photos) -> None:
    first, again = _views(photos)[1], pickle.loads(pickle.dumps(_views(photos)))[1]
    assert (first.pictures == again.pictures).all()
    assert first.pictures.shape == (8, 32, 32, 3)
    assert first.photos.tolist() == [4, 5, 6, 7]
    assert (first.pictures != _views(photos, seed=4)[1].pictures).any()


def test_photographs_are_mapped_and_not_copied_to_other_processes(photos: Photos) -> None:
    assert photos[0].shape == (48, 64, 3)
    assert len(pickle.dumps(photos)) < 4096
    assert (pickle.loads(pickle.dumps(photos))[7] == photos[7]).all()


def test_edits_that_are_held_out_are_never_drawn(photos: Photos, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[str] = set()
    monkeypatch.setattr(
        "copytrace.training.views.replay",
        lambda photo, recipe, supplies: (
            seen.update(step.edit for step in recipe.steps) or _replay(photo, recipe, supplies)
        ),
    )
    from copytrace.edits import replay as _replay

    views = _views(photos)
    for number in range(len(views)):
        views[number]
    assert seen
    assert not seen & set(HELD_OUT)


def test_every_mix_of_training_makes_views_of_each_size(photos: Photos, rng: np.random.Generator) -> None:
    assert sum(mix.share for mix in TRAINING_MIXES) == pytest.approx(1)
    for number in range(20):
        view = edited_view(photos[number], rng, DRAWN, HELD_OUT)
        assert view.dtype == np.uint8
        assert view.shape[2] == 3


def test_a_restyled_photograph_is_another_picture(photos: Photos, rng: np.random.Generator) -> None:
    for number in range(12):
        other = restyled(photos[number], rng, DRAWN)
        assert other.shape != photos[number].shape or (other != photos[number]).any()


def test_views_are_turned_and_mirrored_with_the_same_pixels() -> None:
    pictures = torch.linspace(-0.5, 0.5, 3 * 8 * 8).reshape(1, 3, 8, 8).repeat(64, 1, 1, 1)
    turned = varied(pictures.clone(), torch.Generator().manual_seed(2))
    # Contrast and colour change by a factor and a sum, which keep the order of the pixels.
    orders = {tuple(view.argsort().tolist()) for view in turned[:32, 0].reshape(32, -1)}
    assert 4 < len(orders) <= 8


def test_a_fifth_of_the_views_is_grey() -> None:
    pictures = (torch.rand(500, 3, 8, 8, generator=torch.Generator().manual_seed(1)) - 0.5) / 4
    changed = varied(pictures, torch.Generator().manual_seed(2))
    # A grey view may have a tint, the same everywhere.
    spread = (changed[:, 0] - changed[:, 1])[:250].flatten(1).std(1)
    assert 0.15 < (spread < 1e-6).float().mean() < 0.25


def test_a_few_edited_views_are_spoiled_and_none_of_the_light_ones() -> None:
    ramp = torch.linspace(-0.5, 0.5, 64).reshape(1, 1, 8, 8) * torch.tensor([1.0, 0.5, 0.1])[:, None, None]
    pictures = ramp.repeat(400, 1, 1, 1)
    spoiled(pictures[200:], torch.Generator().manual_seed(2))
    changed = (pictures != ramp).flatten(1).any(1)
    assert not changed[:200].any()
    assert 0.15 < changed[200:].float().mean() < 0.3
    assert pictures.abs().max() <= 1


def test_captions_cover_some_of_a_photograph(photos: Photos, rng: np.random.Generator) -> None:
    shares = [float((captioned(photos[0], rng) != photos[0]).any(2).mean()) for _ in range(20)]
    assert 0 < np.mean(shares) < 0.3


def test_drawn_pictures_come_after_the_photographs(tmp_path: Path, photos: Photos) -> None:
    from PIL import Image

    for number in range(3):
        Image.fromarray(photos[number]).save(tmp_path / f"{number}.png")
    plain = open_photos(str(tmp_path), tmp_path / "cache", 64)
    more = open_photos(str(tmp_path), tmp_path / "cache", 64, drawn=7)
    assert (len(plain), len(more)) == (3, 10)
    assert (more[2] == plain[2]).all()
    assert max(more[9].shape) == 64


def test_no_photograph_is_twice_in_a_batch_and_all_have_their_turn(rng: np.random.Generator) -> None:
    plan = plan_batches(np.arange(100, 120), 10, 8, rng, neighbours={101: np.array([102, 103])}, share=0.5)
    assert all(len(set(row)) == 8 for row in plan.tolist())
    assert set(plan.ravel().tolist()) == set(range(100, 120))


def test_alike_are_the_nearest_that_are_not_the_same() -> None:
    vectors = np.array([[1, 0], [0.999, 0.0447], [0.8, 0.6], [0, -1]], np.float32)
    found = alike(vectors, np.array([10, 11, 12, 13]))
    assert 12 in found[10]
    assert 11 not in found[10]
    assert len(found[13]) == 0


def test_held_out_photographs_are_not_learned_from() -> None:
    split = split_photos(1000, seed=1)
    parts = [set(part.tolist()) for part in split]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 1000


def test_a_budget_of_minutes_ends_by_the_clock() -> None:
    assert Budget(minutes=2).share(10**6, seconds=60) == 0.5
    assert Budget(steps=10, minutes=1).share(5, seconds=90) == 1.0


def test_rates_rise_and_fall() -> None:
    recipe = TrainingRecipe("resnet10", sizes=((0.0, 96),))
    factors = [recipe.rate_factor(share) for share in (0.0, 0.02, 0.04, 0.5, 1.0)]
    assert factors == pytest.approx([0.01, 0.5, 1.0, 0.505, 0.01], abs=0.01)


@pytest.mark.parametrize("name", ["imagenet", "scratch", "small"])
def test_the_recipes_of_the_package_are_sound(name: str) -> None:
    assert read_recipe(name).dims == 255


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ("no mapping", "must be a mapping of keys to values"),
        ({"network": "vgg", "sizes": [[0, 96]]}, "must be one of mobilenet_v2, resnet10"),
        ({"network": "resnet10", "sizes": [[0, 100]]}, "sizes.0.1 is 100; must be a multiple of 32"),
        ({"network": "resnet10", "sizes": [[0, 96]], "speed": 9}, "speed is not a known key"),
        ({"network": "resnet10", "sizes": 7}, "See docs/training.md"),
        (
            {"network": "resnet10", "sizes": [[0, 96]], "dims": 300},
            "dims is 300; must be less than or equal to 256",
        ),
    ],
    ids=["text", "network", "size", "unknown", "kind", "dims"],
)
def test_what_a_recipe_cannot_be_is_said(values: object, sentence: str) -> None:
    from copytrace.errors import InputError

    with pytest.raises(InputError, match=r"r\.yaml") as error:
        recipe_from(values, "r.yaml")
    assert sentence in str(error.value)
