from __future__ import annotations

import pyarrow as pa
import pytest

from copytrace.submissions.arrow_texts import ArrowTexts


@pytest.fixture
def texts() -> ArrowTexts:
    return ArrowTexts(pa.array(["Q1", "Q2", "Q1"], pa.large_string()))


def test_texts_are_read_like_a_list(texts: ArrowTexts) -> None:
    assert list(texts) == ["Q1", "Q2", "Q1"]
    assert (len(texts), texts[0], texts[-1]) == (3, "Q1", "Q1")
    assert texts[1:] == ["Q2", "Q1"]
    assert repr(texts) == "['Q1', 'Q2', 'Q1']"


def test_texts_are_equal_to_a_sequence_of_the_same_texts_and_to_nothing_else(texts: ArrowTexts) -> None:
    assert texts == ("Q1", "Q2", "Q1")
    assert texts != ["Q1", "Q2"]
    assert texts != 3


def test_arrow_takes_them_as_they_are(texts: ArrowTexts) -> None:
    assert pa.array(texts).type == pa.large_string()
    assert pa.array(texts, type=pa.string()).to_pylist() == ["Q1", "Q2", "Q1"]
