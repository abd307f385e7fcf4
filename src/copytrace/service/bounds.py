"""What a request may take, and what becomes of requests that are too many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from copytrace.service.problems import Problem

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(frozen=True)
class Bounds:
    """What a request may take.

    Attributes:
        body: bytes of its body.
        pixels: that an image may declare.
        seconds: for its body to arrive, and again to answer it.
        lookups: lookups that are received, wait or run at once; more are answered with 429.
        writes: the same of changes.
        memory: bytes that a process which reads images may use, besides the files of the library.
    """

    body: int = 32 << 20
    pixels: int = 100_000_000
    seconds: float = 30
    lookups: int = 64
    writes: int = 32
    memory: int = 6 << 30


class Gate:
    """Lets so many in at once and turns away more.

    Args:
        room: how many.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self.inside = 0

    @property
    def is_full(self) -> bool:
        """Whether the next one is turned away."""
        return self.inside >= self._room

    def __enter__(self) -> None:
        if self.is_full:
            raise Problem(
                429,
                "Too many requests are being answered. Try again in a second.",
                headers={"Retry-After": "1"},
            )
        self.inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.inside -= 1
