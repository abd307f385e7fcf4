import numpy as np

from copytrace.matching import outdone, region
from copytrace.matching.rivals import FEW, GRID

WHOLE = np.ones(16, np.bool_)
LEFT = np.arange(16) < 8
RIGHT = ~LEFT


def never(_one: int, _other: int) -> bool:
    return False


def test_only_the_part_that_two_candidates_share_counts() -> None:
    # On the left half, the first candidate is expected to agree in 20 of its 40 points.
    assert outdone(np.array([WHOLE, LEFT]), np.array([160.0, 20.0]), never) == [0, 2]


def test_candidates_of_different_parts_and_alone_have_no_rival() -> None:
    assert outdone(np.array([LEFT, RIGHT]), np.array([100.0, 3.0]), never) == [0, 0]
    assert outdone(np.array([WHOLE]), np.array([3.0]), never) == [0]
    assert outdone(np.empty((0, 16), np.bool_), np.empty(0), never) == []


def test_a_region_too_small_for_the_grid_has_no_rival() -> None:
    assert outdone(np.array([WHOLE, np.zeros(16, np.bool_)]), np.array([40.0, 5.0]), never) == [0, 0]


def test_copies_of_each_other_are_no_rivals_but_others_still_are() -> None:
    points = FEW * np.array([32.0, 8, 2])
    assert outdone(np.array([WHOLE] * 3), points, lambda one, other: {one, other} == {0, 2}) == [0, 2, 2]


def test_nobody_outdoes_a_few_points_that_agree_by_chance() -> None:
    def fail(_one: int, _other: int) -> bool:
        raise AssertionError

    assert outdone(np.array([WHOLE] * 2), FEW * np.array([8.0, 1]), fail) == [0, 0]
    assert 0 < outdone(np.array([WHOLE] * 2), FEW * np.array([8.0, 1.5]), never)[1] < np.log2(8 / 1.5)


def test_a_region_is_the_part_of_the_query_that_lies_in_the_reference() -> None:
    # The query is twice as wide as the reference, which is its right half.
    matrix = np.array([[1.0, 0, -100], [0, 1, 0], [0, 0, 1]])
    found = region(matrix, (200, 80), (100, 80)).reshape(GRID, GRID)
    assert not found[:, : GRID // 2].any()
    assert found[:, GRID // 2 :].all()
