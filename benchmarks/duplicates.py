"""Measures how many copies within a folder are found, compared with perceptual hashes, and how long that takes.

    python benchmarks/duplicates.py PHOTOGRAPHS [--count 10000] [--folder DIR]

One in 13 photographs gets a copy: the same file, re-encoded (JPEG, quality 75), resized to two thirds, cropped to three
quarters of its area, or edited (grey and rotated by 5 degrees). `other` counts pairs that were not made here: false
ones, and copies that were among the photographs from the start, so inspect some. The time of copytrace excludes
describing the folder, which `copytrace describe` does once; that of the hashes includes everything. With `--folder`,
pictures and descriptors are kept for the next run.
"""

from __future__ import annotations

import argparse
import itertools
import random
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

import copytrace
from copytrace.images import list_images, load_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from copytrace.records import BoolArray

KINDS = ("the same file", "re-encoded", "resized", "cropped", "edited")
EVERY = 13

Pairs = set[frozenset[str]]


def make_folder(photographs: Path, folder: Path, count: int) -> dict[frozenset[str], str]:
    """Fill a folder with photographs and copies of some; return the kind of each pair."""
    images = list(list_images(photographs, ids="path"))
    random.Random(1).shuffle(images)  # noqa: S311 - a choice that is the same every time
    there = folder.exists()
    folder.mkdir(exist_ok=True)
    truth = {}
    for number, image in enumerate(images[: count * EVERY // (EVERY + 1)]):
        name = f"{number:06}{Path(image.path).suffix}"
        kind = KINDS[number // EVERY % len(KINDS)] if number % EVERY == 0 else ""
        copy = f"copy-{number:06}{Path(image.path).suffix if kind == KINDS[0] else '.jpg'}"
        if not there:
            shutil.copy(image.path, folder / name)
        if kind:
            truth[frozenset((name, copy))] = kind
            if not there:
                save_copy(kind, folder / name, folder / copy)
    return truth


def save_copy(kind: str, source: Path, path: Path) -> None:
    """Write a copy of a picture."""
    if kind == "the same file":
        shutil.copy(source, path)
        return
    with Image.open(source) as opened:
        picture = opened.convert("RGB")
    width, height = picture.size
    match kind:
        case "resized":
            picture = picture.resize((width * 2 // 3, height * 2 // 3))
        case "cropped":
            picture = picture.crop((width // 10, height // 10, width - width // 20, height - height // 20))
        case "edited":
            picture = picture.convert("L").convert("RGB").rotate(5)
    picture.save(path, quality=75)


def by_copytrace(folder: Path) -> Pairs:
    """Pairs in the same group."""
    found = copytrace.find_duplicates(described(folder))
    groups = [(group.kept, *(member.picture for member in group.copies)) for group in found.groups]
    return {
        frozenset((one.id, other.id)) for group in groups for one, other in itertools.combinations(group, 2)
    }


def described(folder: Path) -> Path:
    """The descriptor set of a folder, next to it."""
    output = folder.with_suffix(".h5")
    copytrace.describe(folder, output, ids="path")
    return output


def by_pdq(folder: Path) -> Pairs:
    """Pairs with a Hamming distance of at most 31 of 256, as its authors recommend."""
    import pdqhash

    return near(folder, lambda picture: pdqhash.compute(picture)[0].astype(bool), 31)


def by_phash(folder: Path) -> Pairs:
    """Pairs with a Hamming distance of at most 8 of 64: the signs of the low frequencies of a 32 x 32 picture."""

    def hashed(picture: np.ndarray) -> BoolArray:
        small = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (32, 32), interpolation=cv2.INTER_AREA)
        low = cv2.dct(small.astype(np.float32))[:8, :8].ravel()
        return np.asarray(low > np.median(low))

    return near(folder, hashed, 8)


def near(folder: Path, hashed: Callable[[np.ndarray], BoolArray], most: int) -> Pairs:
    """Pairs of pictures whose hashes differ in at most `most` bits."""
    names, hashes = zip(*_hashes(folder, hashed), strict=True)
    bits = np.stack(hashes).astype(np.float32) * 2 - 1
    pairs = set()
    for start in range(0, len(bits), 1000):
        distance = (bits.shape[1] - bits[start : start + 1000] @ bits.T) / 2
        for row, other in zip(*np.nonzero(distance <= most), strict=True):
            if start + row < other:
                pairs.add(frozenset((names[start + row], names[other])))
    return pairs


def _hashes(folder: Path, hashed: Callable[[np.ndarray], BoolArray]) -> Iterator[tuple[str, BoolArray]]:
    for image in list_images(folder, ids="path"):
        yield image.id, hashed(np.asarray(load_image(image)))


CONTESTANTS: dict[str, Callable[[Path], Pairs]] = {
    "copytrace duplicates": by_copytrace,
    "PDQ, at most 31 of 256 bits": by_pdq,
    "pHash, at most 8 of 64 bits": by_phash,
}


def main() -> None:
    """Let each method find copies, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments.folder or temporary) / f"photos-{arguments.count}"
        truth = make_folder(arguments.photographs, folder, arguments.count)
        described(folder)
        made = Counter(truth.values())
        print(f"| | {' | '.join(f'{kind} ({made[kind]})' for kind in KINDS)} | other | seconds |")
        print("|---" * (len(KINDS) + 3) + "|")
        for name, find in CONTESTANTS.items():
            start = time.perf_counter()
            pairs = find(folder)
            seconds = time.perf_counter() - start
            found = Counter(truth[pair] for pair in pairs if pair in truth)
            shares = " | ".join(f"{found[kind] / made[kind]:.1%}" for kind in KINDS)
            print(f"| {name} | {shares} | {len(pairs - truth.keys()):,} | {seconds:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
