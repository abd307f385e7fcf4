"""Compares the position of copies found by verification with the true mapping of their edits.

Each photograph is edited with its own recipe and compared with itself. Prints the intersection over union of the area
that shows the original, in the copy and in the original, for the copies with a mapping.
::

    python benchmarks/positions.py PHOTOS
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np

from copytrace.edits import draw_recipe, replay
from copytrace.geometry import project
from copytrace.images import list_images, load_image
from copytrace.matching import Subject, extract, judge, verify

if TYPE_CHECKING:
    from copytrace.geometry import Size
    from copytrace.records import BoolArray, FloatArray

GRID = 64
"""Cells along each side of a picture for comparing areas."""


def main() -> None:
    """Edit, verify, compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos")
    parser.add_argument("--copies", type=int, default=400, help="photographs to edit (default: %(default)s)")
    parser.add_argument(
        "--side", type=int, default=320, help="longest side of a photograph (default: %(default)s)"
    )
    asked = parser.parse_args()
    images = list_images(asked.photos)
    rows = np.random.default_rng(0).permutation(len(images))[: asked.copies]
    overlaps, likely = [], []
    for row in rows.tolist():
        picture = load_image(images[row]).convert("RGB")
        picture.thumbnail((asked.side, asked.side))
        original = np.asarray(picture)
        edited = replay(original, draw_recipe(np.random.default_rng((row, 1))))
        query, reference = Subject(extract(edited.image, both=True)), Subject(extract(original))
        evidence = verify(query, reference)
        points = min(len(query.features), len(reference.features))
        likely.append(judge(evidence, points).verdict in {"copy", "probable"})
        if evidence is not None:
            sizes = edited.mapping.size, edited.mapping.source_size
            grid = _grid(sizes[0])
            true, found = edited.mapping.to_reference(grid), project(evidence.matrix, grid)
            overlaps.append(_overlaps(true, found, sizes[1]))
    shares, certain = np.array(overlaps), np.array(likely)
    print(
        f"{len(rows)} copies; a mapping for {len(shares)}, a verdict of copy or probably a copy for {certain.sum()}"
    )
    print("| | in the copy | in the original |\n|---|---|---|")
    for name, percent in (("median", 50), ("lower quartile", 25)):
        print(
            f"| {name} IoU | {np.percentile(shares[:, 0], percent):.3f} | {np.percentile(shares[:, 1], percent):.3f} |"
        )


def _grid(size: Size) -> FloatArray:
    """(k, 2) points all over a picture."""
    return (np.stack(np.meshgrid(*[np.arange(GRID) + 0.5] * 2), axis=-1) / GRID).reshape(-1, 2) * size


def _overlaps(true: FloatArray, found: FloatArray, size: Size) -> tuple[float, float]:
    """Overlaps of the copy's cells that show the original, and of the original's visible cells."""
    shown, seen = (np.asarray(((points >= 0) & (points <= size)).all(axis=1)) for points in (true, found))
    return _iou(shown, seen), _iou(_cells(true[shown], size), _cells(found[seen], size))


def _cells(points: FloatArray, size: Size) -> BoolArray:
    """Which of 16 x 16 cells of a picture contain a point."""
    column, row = np.clip(points / size * 16, 0, 15).astype(np.int64).T
    held = np.zeros((16, 16), np.bool_)
    held[row, column] = True
    return held


def _iou(one: BoolArray, other: BoolArray) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))


if __name__ == "__main__":
    main()
