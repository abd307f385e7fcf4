from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from copytrace.vectors import distinct_ids
from copytrace.vectors.distinct_ids import are_distinct_ids
from copytrace.vectors.id_rules import repeats, unusable_ids

ALPHABET = st.sampled_from([b"a", b"b", b"\n", b"\r", b"\0", b"\xc3", b"\xa9", b"\xff"])


def are_sound(texts: list[bytes]) -> bool:
    """The same, by looking at each ID; numpy and C end a text at its last NUL."""
    try:
        ids = [text.rstrip(b"\0").decode() for text in texts]
    except UnicodeDecodeError:
        return False
    return not unusable_ids(ids) and not repeats(ids)


@given(st.lists(st.lists(ALPHABET, min_size=1, max_size=4).map(b"".join), min_size=1, max_size=5))
@example([b"a\xc3", b"\xa9a"])
@example([b"a\0b"])
def test_the_quick_check_of_ids_agrees_with_a_check_of_each(texts: list[bytes]) -> None:
    assert are_distinct_ids(np.array(texts)) == are_sound(texts)


@pytest.mark.parametrize("second", ["R0", "R65"])
def test_a_repeat_far_away_is_seen(monkeypatch: pytest.MonkeyPatch, second: str) -> None:
    monkeypatch.setattr(distinct_ids, "_BYTES_AT_ONCE", 30)
    ids = [f"R{row}" for row in range(66)]
    assert are_distinct_ids(np.array(ids, "S"))
    assert not are_distinct_ids(np.array([*ids, second], "S"))


def test_ids_of_many_words_that_differ_in_one_character_are_distinct() -> None:
    stem = "2019/summer at the lake/picture number "
    assert are_distinct_ids(np.array([f"{stem}{row:04}.jpg" for row in range(5000)], "S"))
