from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytrace.errors import DescriptorError
from copytrace.library.signals import read_signal, signal_distance, write_signal

SHA256 = "0123456789abcdef" * 4


@given(dims=st.integers(1, 256), seed=st.integers(0, 99))
def test_a_signal_holds_a_vector_to_half_a_step(dims: int, seed: int) -> None:
    vector = np.random.default_rng(seed).normal(size=dims).astype(np.float32)
    signal = read_signal(write_signal(SHA256, vector, 0.5))
    assert (signal.model, signal.bias) == ("0123456789ab", 0.5)
    assert signal.vector.dtype == np.float32
    step = np.abs(vector).max() / 127
    assert np.abs(signal.vector - vector).max() <= 0.51 * step


def test_a_vector_of_zeros_is_a_signal() -> None:
    assert read_signal(write_signal("", np.zeros(3, np.float32), 0)).vector.tolist() == [0, 0, 0]


def test_the_distance_is_squared_and_grows_by_the_bias_of_the_query() -> None:
    query = read_signal(write_signal("", np.array([127, 0], np.float32), 3))
    reference = read_signal(write_signal("", np.array([0, 127], np.float32), 9))
    assert signal_distance(query, reference) == 2 * 127**2 + 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "code:",
        "code:AAAA",
        "code:AAAAAAAAAAA=A",
        "code:AAAAAAAAAAAA",
        "no:AAAAAAAAAAAAAAAA",
        "code:AADAfwAAAAB/wA==",
        "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22",
    ],
    ids=["empty", "nothing", "too short", "odd", "scale 0", "no model", "scale NaN", "PDQ"],
)
def test_an_invalid_signal_is_refused(text: str) -> None:
    with pytest.raises(DescriptorError, match=r"is not a signal of copytrace|it is damaged"):
        read_signal(text)


def test_signals_of_two_models_are_not_compared() -> None:
    one = read_signal(write_signal("", np.ones(3, np.float32), 0))
    for other in (
        write_signal(SHA256, np.ones(3, np.float32), 0),
        write_signal("", np.ones(4, np.float32), 0),
    ):
        with pytest.raises(DescriptorError, match="signals from different models cannot be compared"):
            signal_distance(one, read_signal(other))
