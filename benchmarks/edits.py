"""Measures the time of edits at 512 x 512 pixels, and how many queries one core makes per second.

    python benchmarks/edits.py [IMAGE]

Uses processor time of one thread, which other work hardly affects. Without an image, it uses one that scikit-image
ships.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from copytrace.edits import EDITS, MIXES, Album, Edit, Mix, Recipe, Supplies, as_pixels, draw_recipe, replay

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.records import ByteArray

SIDE = 512
REPEATS = 5
QUERIES = 200


def main() -> None:
    """Print both tables."""
    cv2.setNumThreads(1)
    image = _image(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    supplies = Supplies(photos=Album(("a", "b", "c", "d"), lambda _: image[::-1].copy()))
    print("ms per edit, mean over strengths 0.2, 0.5, 0.8 and the slowest of these\n")
    total = 0.0
    for edit in EDITS:
        times = [_time_edit(edit, image, strength, supplies) for strength in (0.2, 0.5, 0.8)]
        total += float(np.mean(times))
        print(f"| {edit.name:14s}| {edit.family:10s}| {np.mean(times):6.1f} | {max(times):6.1f} |")
    print(f"\nmean over all edits: {total / len(EDITS):.1f} ms")
    for mix in (*MIXES, None):
        _time_queries(image, mix, supplies)


def _time_edit(edit: Edit, image: ByteArray, strength: float, supplies: Supplies) -> float:
    """Milliseconds of one edit, after a first one that loads fonts and shapes."""
    params = [edit.draw(np.random.default_rng(i), strength, supplies) for i in range(REPEATS)]
    edit.apply(image, params[0], supplies)
    return _milliseconds(lambda: [edit.apply(image, each, supplies) for each in params]) / REPEATS


def _time_queries(image: ByteArray, mix: Mix | None, supplies: Supplies) -> None:
    """Time recipes of one mix, or of all mixes by their shares."""
    mixes = MIXES if mix is None else (mix,)
    rng = np.random.default_rng(0)
    recipes: list[Recipe] = [
        draw_recipe(rng, mixes=mixes, held_out=(), supplies=supplies) for _ in range(QUERIES)
    ]
    edits = np.mean([len(recipe.steps) for recipe in recipes])
    milliseconds = _milliseconds(lambda: [replay(image, recipe, supplies) for recipe in recipes]) / QUERIES
    name = "all" if mix is None else mix.name
    rate = 1000 / milliseconds
    print(f"{name:12s} {edits:.1f} edits a query, {milliseconds:5.1f} ms, {rate:4.0f} queries/s on one core")


def _milliseconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def _image(path: Path | None) -> ByteArray:
    if path is None:
        from skimage import data

        return as_pixels(data.astronaut())  # type: ignore[no-untyped-call]
    with Image.open(path) as picture:
        return as_pixels(picture.convert("RGB").resize((SIDE, SIDE)))


if __name__ == "__main__":
    main()
