from __future__ import annotations

import pytest

from copytrace.errors import SubmissionError
from copytrace.vectors.faults import Faults, shown


def test_twenty_faults_are_listed_and_the_rest_counted() -> None:
    faults = Faults("a.csv")
    for number in range(23):
        faults.add(f"fault {number}.")
    told = faults.sentences()
    assert len(told) == 21
    assert told[0] == "a.csv: fault 0."
    assert told[19] == "a.csv: fault 19."
    assert told[20] == "a.csv: 3 more faults; correct the 20 above first, then check again."


def test_twenty_faults_need_no_further_line() -> None:
    faults = Faults("a.csv")
    for number in range(20):
        faults.add(f"fault {number}.")
    assert len(faults.sentences()) == 20


def test_one_kind_of_fault_does_not_hide_the_others() -> None:
    faults = Faults("a.csv")
    faults.add_kind((f"row {row} is odd." for row in range(1000)), 1000, "rows are odd")
    faults.add("has no header.")
    assert faults.sentences()[4:] == (
        "a.csv: row 4 is odd.",
        "a.csv: 995 more rows are odd.",
        "a.csv: has no header.",
    )


def test_no_fault_raises_nothing() -> None:
    faults = Faults("a.csv")
    faults.raise_if_any()
    assert not faults
    assert faults.sentences() == ()


def test_all_faults_are_raised_as_one_error() -> None:
    faults = Faults("a.csv")
    faults.add("is odd.")
    faults.add("is even.")
    with pytest.raises(SubmissionError) as raised:
        faults.raise_if_any()
    assert raised.value.faults == ("a.csv: is odd.", "a.csv: is even.")
    assert str(raised.value) == "a.csv: is odd.\na.csv: is even."


def test_an_adopted_fault_names_the_file_once() -> None:
    faults = Faults("a.csv")
    faults.adopt(SubmissionError(["a.csv: is odd."]))
    assert faults.sentences() == ("a.csv: is odd.",)


def test_text_of_a_file_is_shortened_and_freed_of_control_characters() -> None:
    assert shown("Q\x1b[31m") == "'Q\\x1b[31m'"
    assert shown("Übung") == "'Übung'"
    assert len(shown("x" * 10_000)) == 62
