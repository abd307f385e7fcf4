from __future__ import annotations

import numpy as np

from copytrace.pipelines.near_duplicates import near_duplicates

RNG = np.random.default_rng(5)
THUMBNAILS = RNG.random((4, 64)).astype(np.float32)


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


GIST = unit(RNG.random((4, 256)))


def test_photographs_that_differ_all_stay() -> None:
    assert near_duplicates(GIST, THUMBNAILS.__getitem__).tolist() == [False, False, False, False]


def test_the_first_of_equal_gist_vectors_stays() -> None:
    gist = GIST[[0, 1, 0, 2]]
    assert near_duplicates(gist, THUMBNAILS.__getitem__).tolist() == [False, False, True, False]


def test_close_gist_counts_only_with_alike_pixels() -> None:
    near = GIST[0] + 0.25 * unit(RNG.standard_normal((1, 256)))[0]
    gist = np.stack([GIST[0], near, GIST[1], GIST[2]])
    distance = float(((gist[0] - gist[1]) ** 2).sum())
    assert 0.03 < distance < 0.1
    assert near_duplicates(gist, THUMBNAILS.__getitem__).tolist() == [False, False, False, False]
    alike = THUMBNAILS[[0, 0, 1, 2]] * 0.5 + 7
    assert near_duplicates(gist, alike.__getitem__).tolist() == [False, True, False, False]


def test_a_photograph_that_goes_does_not_push_out_another() -> None:
    # 0 is close to 1, 1 is close to 2, 0 is not close to 2: 1 is dropped, and 2 is kept.
    step = np.zeros(256, np.float32)
    step[0] = 0.16
    gist = np.stack([GIST[0], GIST[0] + step, GIST[0] + 2 * step])
    assert near_duplicates(gist, THUMBNAILS.__getitem__).tolist() == [False, True, False]


def test_a_picture_of_one_colour_correlates_with_nothing() -> None:
    near = GIST[0] + 0.25 * unit(RNG.standard_normal((1, 256)))[0]
    flat = np.ones((2, 64), np.float32)
    assert near_duplicates(np.stack([GIST[0], near]), flat.__getitem__).tolist() == [False, False]
