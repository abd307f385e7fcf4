from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.descriptors import Choice, Normalisation, load_model, read_background
from copytrace.descriptors.fitting import LIGHT_EDITS
from copytrace.pipelines import fit_background

if TYPE_CHECKING:
    from pathlib import Path


def test_the_cap_is_fitted_again_whatever_the_card_says_and_lets_every_picture_match_itself(
    tmp_path: Path,
) -> None:
    vectors = np.random.default_rng(0).normal(size=(300, 256)).astype(np.float32)
    vectors[:, 0] += 12  # pictures of one kind, all close to the background
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    model = load_model(Choice("gist", raw=True))
    fits = []
    for number, most in enumerate((None, 0.1)):
        output = tmp_path / f"{number}.npz"
        how = Normalisation(2, 0, 3, most)
        fit_background._fit("photos", output, model, how, [(vectors, ())])
        fits.append(read_background(output))
    assert fits[0].normalisation == fits[1].normalisation
    assert fits[0].threshold is not None
    assert fits[0].normalisation.most == pytest.approx(fits[0].threshold - LIGHT_EDITS)
    assert (fits[0].applied(vectors)[1] < fits[0].threshold).all()


def test_negatives_join_the_bank_and_leave_the_threshold_alone(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(300, 256)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    twice = np.repeat(vectors[:1], 2, axis=0)
    model = load_model(Choice("gist", raw=True))
    fits = []
    for number, described in enumerate(([(vectors, ())], [(vectors, ()), (twice, ())])):
        output = tmp_path / f"{number}.npz"
        fit_background._fit("photos", output, model, Normalisation(2, 0, 3), described)
        fits.append(read_background(output))
    assert [len(fit.bank) for fit in fits] == [300, 302]
    assert fits[0].threshold == fits[1].threshold
