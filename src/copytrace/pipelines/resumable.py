"""Long work in pieces, each of which leaves a file when it is done, so that a killed run is taken up again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from copytrace.pipelines.workers import run_unordered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from copytrace.progress import Bar


class Piece(Protocol):
    """A part of the work; its file is whole or not there, and its name stands for all that it depends on."""

    @property
    def part(self) -> Path:
        """The file that the piece leaves when it is done."""

    @property
    def size(self) -> int:
        """How many units of progress it is worth."""


AnyPiece = TypeVar("AnyPiece", bound=Piece)


def do_missing(
    pieces: Iterable[AnyPiece],
    work: Callable[[AnyPiece], Path],
    *,
    workers: int,
    bar: Bar,
    each: Callable[[Path], None] | None = None,
) -> int:
    """Do the pieces whose file is not there.

    Args:
        pieces: all of them, done or not.
        work: does a piece and returns its file; runs in worker processes.
        workers: how many processes.
        bar: hears of every piece, done now or before.
        each: is called with the file of every piece, done now or before; what it raises ends the work.

    Returns:
        the units that earlier runs had done.
    """
    reused = 0
    look = each or _pass
    sizes: dict[Path, int] = {}

    def missing() -> Iterator[AnyPiece]:
        nonlocal reused
        for piece in pieces:
            if piece.part.exists():
                reused += piece.size
                bar.advance(piece.size, earlier=True)
                look(piece.part)
            else:
                sizes[piece.part] = piece.size
                yield piece

    for part in run_unordered(work, missing(), workers=workers):
        bar.advance(sizes.pop(part))
        look(part)
    return reused


def _pass(part: Path) -> None:
    """Look at nothing."""
