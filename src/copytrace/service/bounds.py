"""Limits for requests, and the response to too many of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from copytrace.service.problems import Problem

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(frozen=True)
class Bounds:
    """Limits for requests.

    Attributes:
        body: largest body in bytes.
        pixels: the most pixels that an image may declare.
        seconds: time for the body to arrive, and for reading or changing the catalogue.
        work: seconds for a process to describe or look up an image, even on a busy machine.
        wait: total seconds for that, including waiting for its turn.
        lookups: lookups being received, waiting or running at once; further ones get 429.
        writes: likewise for changes.
        memory: bytes of memory for a process that reads images, besides the files of the library.
    """

    body: int = 32 << 20
    pixels: int = 100_000_000
    seconds: float = 30
    work: float = 90
    wait: float = 180
    lookups: int = 64
    writes: int = 32
    memory: int = 6 << 30


class Gate:
    """Admits a limited number of requests at once and rejects others.

    Args:
        room: the limit.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self.inside = 0

    @property
    def is_full(self) -> bool:
        """Whether the next request is rejected."""
        return self.inside >= self._room

    def __enter__(self) -> None:
        if self.is_full:
            raise Problem(
                429,
                "Too many requests at once. Try again in a second.",
                headers={"Retry-After": "1"},
            )
        self.inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.inside -= 1
