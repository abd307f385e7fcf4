from __future__ import annotations

import numpy as np
import pytest

from copytrace.matching.probability import fit_ratio, probability


@pytest.fixture(scope="module")
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_the_fitted_ratio_is_the_true_one(rng: np.random.Generator) -> None:
    """For two normal distributions of variance 1, at -1 and 1, the log likelihood ratio is twice the value."""
    copies = rng.random(20_000) < 0.3
    values = rng.normal(np.where(copies, 1.0, -1.0))
    fitted = fit_ratio(["value"], values[:, None], copies, penalty=1e-6)
    at = np.linspace(-1.5, 1.5, 7)
    assert np.abs(fitted.log(at[:, None]) - 2 * at).max() < 0.35


def test_more_of_a_signal_never_speaks_against_a_copy(rng: np.random.Generator) -> None:
    copies = rng.random(2000) < 0.5
    misleading = rng.normal(np.where(copies, -1.0, 1.0))
    fitted = fit_ratio(["misleading"], misleading[:, None], copies)
    assert set(fitted.curves[0].adds) == {0.0}


def test_probabilities_are_calibrated_where_the_prior_is_another(rng: np.random.Generator) -> None:
    copies = rng.random(20_000) < 0.5
    fitted = fit_ratio(["value"], rng.normal(np.where(copies, 1.0, -1.0))[:, None], copies)
    rare = rng.random(100_000) < 0.05
    chances = probability(fitted.log(rng.normal(np.where(rare, 1.0, -1.0))[:, None]), prior=0.05)
    for low, high in ((0.02, 0.1), (0.1, 0.3), (0.3, 0.6)):
        some = (chances >= low) & (chances < high)
        assert rare[some].mean() == pytest.approx(chances[some].mean(), rel=0.2)
