"""Kills the writer of a library at random moments while a reader looks up, and checks what is left.

    python tests/library_kills.py FOLDER ROUNDS SEED

Runs as a separate process, which forks: a fork starts instantly and must not have threads.
"""

from __future__ import annotations

import os
import random
import select
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np
from PIL import Image

from copytrace.library import Library, local_shelf
from copytrace.pipelines.describe import describe
from copytrace.vectors import read_descriptors

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.records import Float32Array

PICTURES = 24
ANCHORS = 3
"""Pictures that are in the library from the beginning and never removed."""
ADDED_AT_ONCE = 3


def main(folder: Path, rounds: int, seed: int) -> None:
    """Kill a writer repeatedly."""
    # Segments are small, so that many are sealed and rewritten.
    local_shelf.SEALED_AT = 8
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    pictures = [_paint(folder / f"p{number}.png", number) for number in range(PICTURES)]
    place = folder / "library"
    Library.create(place, model="gist")
    state = set(pictures[:ANCHORS])
    with Library.open(place, lookups=0) as library:
        for picture in pictures[:ANCHORS]:
            library.add(picture)
    vectors = _vectors(folder, pictures)
    stop, reader = _start_reader(place, vectors[:ANCHORS], pictures[:ANCHORS])
    killed = 0
    for _ in range(rounds):
        journal, signalled = _run_writer(place, pictures, chance.randrange(1 << 30))
        killed += signalled
        state = _check(place, vectors, pictures, state, journal)
    os.close(stop)
    _, status = os.waitpid(reader, 0)
    if status:
        sys.exit("the reader failed")
    print(f"{killed} of {rounds} writers killed, {len(state)} pictures at the end")  # noqa: T201 - the result


def _paint(path: Path, seed: int) -> Path:
    blocks = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(blocks).resize((32, 32), Image.Resampling.NEAREST).save(path)
    return path


def _fork(work: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


def _vectors(folder: Path, pictures: list[Path]) -> Float32Array:
    describe(folder, folder / "set.h5", model="gist", ids="path", workers=1)
    described = read_descriptors(folder / "set.h5")
    return described.vectors[[described.ids.index(picture.name) for picture in pictures]]


def _start_reader(place: Path, vectors: Float32Array, anchors: list[Path]) -> tuple[int, int]:
    """Look the anchors up every few milliseconds until the returned pipe is closed."""
    read, write = os.pipe()

    def work() -> None:
        os.close(write)
        with Library.open(place, lookups=0) as library:
            while not select.select([read], [], [], 0.005)[0]:
                found = library.lookup_vectors(vectors, k=1)
                assert [each.hits[0].id for each in found] == [anchor.name for anchor in anchors]

    return write, _fork(work)


def _run_writer(place: Path, pictures: list[Path], seed: int) -> tuple[list[str], bool]:
    """Let a writer change the library until it is killed; returns the lines it wrote, and whether it was killed."""
    read, write = os.pipe()
    child = _fork(lambda: _write(place, pictures, seed, write))
    os.close(write)
    with os.fdopen(read) as lines:
        journal = lines.read().splitlines()
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and status:
        sys.exit("a writer failed")
    return journal, os.WIFSIGNALED(status)


def _write(place: Path, pictures: list[Path], seed: int, journal: int) -> None:
    """Add and remove pictures; prints each change when it begins and when it is done."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    with Library.open(place, lookups=0) as library:
        if chance.random() < 0.5:
            _die_at_statement(library, chance.randint(1, 60))
        else:
            # By default, this signal ends the process at any point.
            signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.001, 0.05))
        for _ in range(40):
            some = chance.sample(pictures[ANCHORS:], ADDED_AT_ONCE)
            names = " ".join(picture.name for picture in some)
            verb = chance.choice(["add", "remove", "purge"])
            os.write(journal, f"begin {verb} {names}\n".encode())
            if verb == "add":
                listed = place.parent / "list.txt"
                listed.write_text("\n".join(picture.name for picture in some))
                library.add(listed)
            else:
                library.remove([picture.name for picture in some], purge=verb == "purge")
            os.write(journal, f"done {verb} {names}\n".encode())


def _die_at_statement(library: Library, number: int) -> None:
    """Kill this process when its SQL statement with this number begins."""
    left = number

    def count(_: str) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    library._catalogue._database.set_trace_callback(count)


def _check(
    place: Path, vectors: Float32Array, pictures: list[Path], state: set[Path], journal: list[str]
) -> set[Path]:
    """Compare a library with the lines of its writer; returns the pictures in the library."""
    possible = [state]
    for line in journal:
        when, verb, *names = line.split()
        some = {place.parent / name for name in names}
        after = possible[0] | some if verb == "add" else possible[0] - some
        # A change that was begun must be there completely or not at all; a change that was done must be there.
        possible = [after] if when == "done" else [possible[0], after]
    with Library.open(place, lookups=0) as library:
        found = {place.parent / item.id for item in library.items()}
        if found not in possible:
            _fail(f"{sorted(p.name for p in found)} are there after {journal}")
        for picture, answer in zip(pictures, library.lookup_vectors(vectors, k=1), strict=True):
            if (answer.hits[0].id == picture.name) != (picture in found):
                _fail(f"{picture.name} is found as {answer.hits[0].id}, after {journal}")
        if library.stats().items != len(found):
            _fail(f"{library.stats().items} items are counted, of {len(found)}")
    return found


def _fail(problem: str) -> NoReturn:
    sys.exit(problem)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
