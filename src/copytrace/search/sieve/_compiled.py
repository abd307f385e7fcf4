"""Compiles the few loops that NumPy has no operation for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

Function = TypeVar("Function", bound="Callable[..., Any]")

# Sums may be computed in any order, which lets them use all lanes of a register. NaN stays NaN.
ANY_ORDER = frozenset({"reassoc", "nsz", "contract"})


def compiled(function: Function) -> Function:
    """Compile a function for this CPU on its first call; it runs without the interpreter's lock.

    Floating-point operations are done exactly as written, in that order. The machine code is cached next to the
    source or in the user's cache folder, so only the first process compiles; if neither is writable, each process
    compiles for itself.
    """
    return _compiled(function, frozenset())


def compiled_in_any_order(function: Function) -> Function:
    """Compile as `compiled` does, but let sums be computed in any order; for bounds, never for results."""
    return _compiled(function, ANY_ORDER)


def _compiled(function: Function, fastmath: frozenset[str]) -> Function:
    options: dict[str, Any] = {"nogil": True, "fastmath": set(fastmath) or False}
    try:
        kernel: Function = numba.njit(cache=True, **options)(function)
    except RuntimeError:
        kernel = numba.njit(**options)(function)
    return kernel
