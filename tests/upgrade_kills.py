"""Kills the upgrade of a library at many points, and checks that it then answers with one model only.

    python tests/upgrade_kills.py FOLDER

Runs as a separate process, which forks: a fork starts instantly and must not have threads.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from copytrace.library import Library
from copytrace.pipelines import chunks

if TYPE_CHECKING:
    from collections.abc import Callable

PICTURES = 6
EVERY = 5
"""One in so many SQL statements is a point at which an upgrade is killed."""


def main(folder: Path) -> None:
    """Kill upgrades at later and later statements of the catalogue, until one is complete."""
    # One image at a time, so that upgrades are killed in the middle too.
    chunks.CHUNK_IMAGES = 1
    pictures = [_paint(folder / f"p{number}.png", number) for number in range(PICTURES)]
    place = folder / "library"
    Library.create(place, model="gist")
    with Library.open(place, lookups=0) as library:
        for picture in pictures:
            library.add(picture)
    expected = {"gist": _answers(place, pictures), "pdq": {}}
    twin = folder / "twin"
    Library.create(twin, model="pdq")
    with Library.open(twin, lookups=0) as library:
        for picture in pictures:
            library.add(picture)
    expected["pdq"] = _answers(twin, pictures)

    killed, statement = 0, EVERY
    while _upgrade(place, statement):
        killed, statement = killed + 1, statement + EVERY
        with Library.open(place, lookups=0) as library:
            model = library.settings.model
        if _answers(place, pictures) != expected[model]:
            sys.exit(f"other answers of {model} after {killed} kills")
        if model == "pdq":
            break
    with Library.open(place, lookups=0) as library:
        library.upgrade(model="pdq", workers=1)
        library.remove([])
        if library.stats().settings.model != "pdq" or not library.check(workers=1).sound:
            sys.exit("the library is damaged")
        if {file.name for file in place.glob("*") if file.is_dir()} != {"codes", "models", "segments"}:
            sys.exit(f"left behind: {sorted(place.iterdir())}")
    if _answers(place, pictures) != expected["pdq"]:
        sys.exit("other answers after the upgrade")
    print(f"{killed} upgrades killed")  # noqa: T201 - the result


def _upgrade(place: Path, statement: int) -> bool:
    """Upgrade in a process that is killed when its SQL statement of this number begins; whether it was."""
    child = os.fork()
    if not child:
        with Library.open(place, lookups=0) as library:
            library._catalogue._database.set_trace_callback(_killer(statement))
            library.upgrade(model="pdq", workers=1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and status:
        sys.exit("an upgrade failed")
    return os.WIFSIGNALED(status)


def _killer(statement: int) -> Callable[[str], None]:
    left = statement

    def count(_: str) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    return count


def _answers(place: Path, pictures: list[Path]) -> dict[str, list[tuple[str, float]]]:
    with Library.open(place, lookups=0) as library:
        found = [library.lookup(picture, verify=False) for picture in pictures]
    return {each.query: [(hit.id, hit.score) for hit in each.hits] for each in found}


def _paint(path: Path, seed: int) -> Path:
    blocks = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(blocks).resize((32, 32), Image.Resampling.NEAREST).save(path)
    return path


if __name__ == "__main__":
    main(Path(sys.argv[1]))
