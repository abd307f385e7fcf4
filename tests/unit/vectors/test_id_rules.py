from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytrace.vectors.faults import Faults
from copytrace.vectors.id_rules import id_problem, judge_against_list, judge_ids, repeats


def faults_of(ids: list[str]) -> list[str]:
    faults = Faults("f")
    judge_ids(ids, "'ids'", faults)
    return [fault.removeprefix("f: ") for fault in faults.sentences()]


@pytest.mark.parametrize(
    ("image_id", "problem"),
    [
        ("Q00001", None),
        ("2020/Übung, 1.jpg", None),
        ("é" * 2048, None),
        ("", "is empty"),
        ("é" * 2049, "is 4,098 bytes long; the limit is 4,096"),
        ("a\nb", "has a line break or NUL"),
        ("a\rb", "has a line break or NUL"),
        ("a\0b", "has a line break or NUL"),
        ("\udcff", "is not valid Unicode"),
    ],
)
def test_what_an_id_may_be(image_id: str, problem: str | None) -> None:
    assert id_problem(image_id) == problem


@given(st.lists(st.text(max_size=3), max_size=5))
def test_the_quick_check_of_all_ids_agrees_with_a_check_of_each(ids: list[str]) -> None:
    problems = sum(id_problem(image_id) is not None for image_id in ids)
    assert len([fault for fault in faults_of(ids) if " in row " in fault]) == problems


def test_unusable_and_repeated_ids_are_named() -> None:
    assert faults_of(["a", "", "b", "a", "b", "a"]) == [
        "'ids': the ID '' in row 1 is empty.",
        "'ids': the ID 'a' appears 3 times; expected once.",
        "'ids': the ID 'b' appears 2 times; expected once.",
    ]


def test_repeats_come_in_the_order_of_their_first_place() -> None:
    assert repeats(["c", "b", "a", "b", "c"]) == [("c", 2), ("b", 2)]


def test_ids_that_are_not_in_the_list_and_missing_ones_are_named() -> None:
    faults = Faults("f")
    judge_against_list(["a", "x", "x"], ["a", "b"], "'ids'", faults)
    assert faults.sentences() == (
        "f: 'ids': the ID 'x' is not in the list of IDs.",
        "f: 'ids': the ID 'b' is missing; expected every ID of the list.",
    )


def test_the_same_ids_in_another_order_are_no_fault() -> None:
    faults = Faults("f")
    judge_against_list(["b", "a"], ["a", "b"], "'ids'", faults)
    assert not faults
