from __future__ import annotations

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "scoring.md"


def test_the_examples_of_the_scoring_page_give_what_they_show() -> None:
    results = doctest.testfile(str(PAGE), module_relative=False)

    assert results.attempted > 10
    assert results.failed == 0
