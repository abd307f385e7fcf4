from __future__ import annotations

import numpy as np
import pytest

from copytrace.errors import EvaluationError
from copytrace.evaluation import Judged, bootstrap_interval, bootstrap_micro_ap, differ, micro_ap

# In order of score: query 0 finds its copy, query 1 raises a false alarm, query 2 finds its copy.
THREE = Judged(
    np.array([True, False, True]), np.array([0.9, 0.8, 0.7]), np.array([0, 1, 2]), np.array([1, 0, 1])
)


def test_equal_seeds_give_equal_replicates_whatever_the_number_of_threads() -> None:
    one = bootstrap_micro_ap(THREE, replicates=50, seed=3, threads=1)
    three = bootstrap_micro_ap(THREE, replicates=50, seed=3, threads=3)

    assert one.tolist() == three.tolist()
    assert one.tolist() != bootstrap_micro_ap(THREE, replicates=50, seed=4).tolist()


def test_more_replicates_begin_with_the_same_ones() -> None:
    assert bootstrap_micro_ap(THREE, 41)[:7].tolist() == bootstrap_micro_ap(THREE, 7).tolist()


def test_the_replicates_of_three_queries_are_the_few_that_can_be() -> None:
    expected = {
        1.0,  # query 1 is not drawn, or no copy ranks below it
        (1 + 2 / 3) / 2,  # each is drawn once
        (1 / 2 + 2 / 3) / 2,  # query 1 once, then query 2 twice
        1 / 3,  # query 1 twice, then query 2 once
    }

    values = bootstrap_micro_ap(THREE, replicates=500)

    assert set(values.round(12)) == {round(value, 12) for value in expected}


def test_a_draw_without_a_true_pair_is_drawn_again() -> None:
    # Only one query in five has a copy; a third of all draws would lack it, and must be discarded.
    rare = Judged(np.array([True]), np.array([0.5]), np.array([0]), np.array([1, 0, 0, 0, 0]))

    assert bootstrap_micro_ap(rare, replicates=100).tolist() == [1.0] * 100


def test_one_query_has_an_interval_without_width() -> None:
    single = Judged(np.array([False, True]), np.array([0.9, 0.5]), np.array([0, 0]), np.array([1]))

    assert bootstrap_interval(single) == (0.5, 0.5)


def test_nothing_found_has_the_interval_zero() -> None:
    nothing = Judged(np.array([False]), np.array([0.5]), np.array([0]), np.array([1, 1]))
    empty = Judged(np.array([], bool), np.array([]), np.array([], int), np.array([1, 1]))

    assert bootstrap_interval(nothing, 20) == (0.0, 0.0)
    assert bootstrap_interval(empty, 20) == (0.0, 0.0)


def test_the_interval_narrows_with_the_square_root_of_the_queries() -> None:
    def interval(queries: int) -> tuple[float, float]:
        # Half of the queries find their copy first, the others not at all: micro-AP is 0.5, a mean
        # of independent draws, whose 95% interval is 0.5 +- 1.96 x 0.5 / sqrt(queries).
        found = np.arange(0, queries, 2)
        judged = Judged(
            np.ones(len(found), dtype=bool),
            np.arange(len(found), dtype=float),
            found,
            np.ones(queries, dtype=int),
        )
        assert micro_ap(judged) == 0.5
        return bootstrap_interval(judged)

    assert interval(100) == pytest.approx((0.402, 0.598), abs=0.015)
    assert interval(10_000) == pytest.approx((0.4902, 0.5098), abs=0.0015)


@pytest.mark.parametrize(("replicates", "seed", "threads"), [(0, 0, 1), (1, -1, 1), (1, 0, 0)])
def test_settings_out_of_range_are_refused(replicates: int, seed: int, threads: int) -> None:
    with pytest.raises(EvaluationError, match=f"{replicates} replicates, seed {seed} and {threads} threads"):
        bootstrap_micro_ap(THREE, replicates, seed, threads)


def test_a_small_difference_that_holds_in_every_replicate_is_significant() -> None:
    base = np.linspace(0.1, 0.9, 100)
    # The two intervals overlap almost entirely; the pairs do not.
    assert differ(base + 0.001, base)
    assert differ(base, base + 0.001)


def test_a_difference_whose_sign_changes_between_replicates_is_not_significant() -> None:
    base = np.linspace(0.1, 0.9, 100)
    assert not differ(base, base[::-1])
    assert not differ(base, base)
