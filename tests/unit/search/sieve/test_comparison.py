from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.search.sieve._comparison import _Sieves

if TYPE_CHECKING:
    from copytrace.search.sieve._comparison import Sieve


def sieve(*_: object) -> tuple[int, int]:
    return 0, 0


def other(*_: object) -> tuple[int, int]:
    return 0, 0


def choices(sieves: _Sieves, turns: int) -> list[Sieve | None]:
    return [sieves.choose() for _ in range(turns)]


def test_the_first_sieve_is_taken_as_long_as_it_tells_enough_apart() -> None:
    sieves = _Sieves(sieve, other)

    assert choices(sieves, 2) == [sieve, sieve]
    assert sieves.judge(sieve, 0.1)
    assert choices(sieves, 2) == [sieve, sieve]


def test_a_sieve_that_fails_rests_longer_each_time() -> None:
    sieves = _Sieves(sieve)

    rests = []
    for _ in range(5):
        assert not sieves.judge(sieve, 0.5)
        rests.append(choices(sieves, 20).index(sieve))

    assert rests == [1, 2, 4, 8, 8]


def test_the_next_sieve_is_taken_while_the_first_rests() -> None:
    sieves = _Sieves(sieve, other)

    sieves.judge(sieve, 0.5)

    assert choices(sieves, 3) == [other, sieve, sieve]


def test_a_sieve_that_works_again_is_trusted_again() -> None:
    sieves = _Sieves(sieve)
    sieves.judge(sieve, 0.5)
    sieves.judge(sieve, 0.5)

    assert sieves.judge(sieve, 0.0)
    sieves.judge(sieve, 0.5)

    assert choices(sieves, 2) == [None, sieve]
