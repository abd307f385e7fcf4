"""Long work in pieces: each finished piece leaves an entry in a ledger, so an interrupted run resumes."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from copytrace.engines.engine import Engine, OnDeath
    from copytrace.engines.ledger import Ledger
    from copytrace.progress import Bar


class Piece(Protocol):
    """A task of an engine whose result is kept."""

    @property
    def key(self) -> str:
        """A name that changes with everything the result depends on."""

    @property
    def size(self) -> int:
        """Its size in units of progress."""


AnyPiece = TypeVar("AnyPiece", bound=Piece)
Result = TypeVar("Result")


def do_missing(
    pieces: Iterable[AnyPiece],
    work: Callable[[AnyPiece], Result],
    record: Callable[[Result], bytes],
    *,
    engine: Engine,
    ledger: Ledger,
    bar: Bar,
    each: Callable[[bytes], None] | None = None,
    on_death: OnDeath[AnyPiece, Result] | None = None,
) -> int:
    """Do the pieces that are missing in the ledger.

    Args:
        pieces: all pieces, done or not.
        work: does a piece; runs on the engine.
        record: turns a result into a ledger entry; runs in this process, and may write files.
        engine: runs the pieces.
        ledger: keeps the entries.
        bar: advances with every piece, done now or before.
        each: called with every entry, new or earlier; an exception ends the work.
        on_death: returns the result of a piece that killed its workers three times; by default the work ends.

    Returns:
        The number of units that earlier runs had done.
    """
    reused = 0

    def missing() -> Iterator[AnyPiece]:
        nonlocal reused
        for piece in pieces:
            if ledger.has(piece.key):
                reused += piece.size
                bar.advance(piece.size, earlier=True)
                if each is not None:
                    each(ledger.read(piece.key))
            else:
                yield piece

    # Closed even if an exception keeps this frame alive, so that no worker outlives the run.
    with closing(engine.map_unordered(work, missing(), on_death=on_death)) as finished:
        for piece, result in finished:
            entry = record(result)
            ledger.write(piece.key, entry)
            bar.advance(piece.size)
            if each is not None:
                each(entry)
    return reused
