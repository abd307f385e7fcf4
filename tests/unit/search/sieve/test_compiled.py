from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numba

from copytrace.search.sieve import _compiled

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def plus_one(number: int) -> int:
    return number + 1


def test_a_function_is_compiled_where_no_folder_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    njit = numba.njit

    def without_a_folder(*functions: object, cache: bool = False, **options: object) -> Callable[..., object]:
        if cache:
            raise RuntimeError("cannot cache function 'plus_one': no locator available for file")
        return njit(*functions, **options)

    monkeypatch.setattr(numba, "njit", without_a_folder)

    kernel = _compiled.compiled(plus_one)

    assert kernel(41) == 42
    assert kernel.nopython_signatures  # type: ignore[attr-defined]


def test_the_search_is_imported_without_the_compiler() -> None:
    code = "import sys, copytrace.search; print('numba' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
