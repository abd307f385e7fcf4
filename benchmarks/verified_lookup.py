"""Measures a verified lookup of a picture: described with its views, searched for and compared.

    copytrace describe PHOTOGRAPHS -o photos.h5 --ids path --keypoints
    export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 OPENCV_FOR_THREADS_NUM=1  # as the command line does
    python benchmarks/verified_lookup.py photos.h5 [--rows 5000 1000000] [--queries 40]

The library contains the photographs of the set, and additional vectors in random directions around theirs, which refer
to the same files so that every candidate can be compared. The queries are crops of some photographs, saved as JPEG.
`first` is the first lookup of the process, which loads the model and compiled code.
"""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from copytrace.library import Item, Library
from copytrace.library.segments import SEALED_AT, seal
from copytrace.pipelines.keypoint_file import keypoints_beside
from copytrace.vectors import open_descriptors

if TYPE_CHECKING:
    from copytrace.vectors import StoredDescriptors


def fill(library: Library, stored: StoredDescriptors, count: int) -> None:
    """Add the first photographs of a set to a library, and then vectors around them."""
    catalogue, generator = library._catalogue, np.random.default_rng(0)  # noqa: SLF001 - nothing is described here
    vectors, dims = stored.vectors[:], stored.dims
    bias = np.zeros(len(stored)) if stored.bias is None else stored.bias
    paths, digests = list(stored.paths or ()), list(stored.content_sha256 or ())
    for start in range(0, count, SEALED_AT):
        with catalogue.writing():
            for number in range(start, min(count, start + SEALED_AT)):
                row, vector = number % len(stored), vectors[number % len(stored)]
                if number >= len(stored):
                    vector = vector + generator.standard_normal(dims, dtype=np.float32) / np.sqrt(dims)
                    vector /= np.linalg.norm(vector)
                path = str(Path(stored.source, paths[row]))
                item = Item(
                    f"{number:07}", path, stored.source, paths[row], digests[row], "0", 0, "2026-01-01"
                )
                catalogue.put(item, vector.astype(np.float32), float(bias[row]) if stored.biased else None)
        if count - start >= SEALED_AT:
            seal(library._place, catalogue)  # noqa: SLF001


def cropped(path: Path) -> bytes:
    """The middle of a picture, as JPEG."""
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    width, height = picture.size
    content = io.BytesIO()
    picture.crop((width // 8, height // 8, width, height)).save(content, "JPEG", quality=70)
    return content.getvalue()


def measure(source: Path, count: int, queries: int, folder: Path) -> str:
    """A row of the table."""
    with open_descriptors(source) as stored:
        place = folder / str(count)
        Library.create(place)
        shutil.copy(keypoints_beside(source), place / "keypoints.sqlite")
        with Library.open(place) as library:
            fill(library, stored, count)
        rows = np.linspace(0, min(count, len(stored)) - 1, queries + 1).astype(int).tolist()
        names = list(stored.paths or ())
        paths = [Path(stored.source, names[row]) for row in rows]
    pictures = [cropped(path) for path in paths]
    with Library.open(place) as library:
        start = time.perf_counter()
        library.lookup(pictures[0])
        first = time.perf_counter() - start
        seconds, cpu, found = [], time.process_time(), 0
        for path, picture in zip(paths[1:], pictures[1:], strict=True):
            start = time.perf_counter()
            answer = library.lookup(picture)
            seconds.append(time.perf_counter() - start)
            # Among several items with the same file, any is right.
            found += any(hit.path == str(path) and hit.likely_copy for hit in answer.hits)
        cpu = (time.process_time() - cpu) / queries
    p50, p95 = np.percentile(seconds, [50, 95]) * 1000
    return f"| {count:,} | {first:.1f} | {p50:.0f} | {p95:.0f} | {cpu * 1000:.0f} | {found / queries:.0%} |"


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set", type=Path)
    parser.add_argument("--rows", type=int, nargs="+", default=[5_000, 1_000_000])
    parser.add_argument("--queries", type=int, default=40)
    arguments = parser.parse_args()
    print("| items | first s | p50 ms | p95 ms | CPU ms | found |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for count in arguments.rows:
            print(measure(arguments.set, count, arguments.queries, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
