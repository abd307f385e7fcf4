"""Measures how many lookups a library's service answers to many clients at once, while images are added.

    python benchmarks/service.py [--photos FOLDER] [--clients 50] [--seconds 60] [--vectors]

The library contains the photographs of a folder, or 200 drawn pictures. Each client looks up crops of them, one after
the other; meanwhile another client adds an image every second. With `--vectors`, clients send vectors, not images.
Everything runs on this machine and its loopback address, including the clients.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import platform
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import numpy as np
import psutil

from copytrace.edits.drawing.scenes import draw_picture
from copytrace.images import list_images, load_image
from copytrace.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DRAWN = 200
CROPS = 100
"""Different pictures that clients look up."""


@dataclass
class Taken:
    """The clients' measurements: response times, and the number of responses per status."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--vectors", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="copytrace-service-") as folder:
        photos = options.photos or _drawn(Path(folder, "photos"))
        library = Path(folder, "library")
        # As after some days of use, when lookups have extracted the keypoints of most items.
        Library.create(library, keypoints=True)
        with Library.open(library) as opened:
            opened.add(photos)
            crops = _crops(photos)
            bodies = [_vector(opened, crop) for crop in crops] if options.vectors else crops
            size = len(opened)
        with serving(library) as (address, process):
            begun = time.perf_counter()
            lookups, adds = asyncio.run(_load(address, bodies, crops, options))
            lasted = time.perf_counter() - begun
            cores = sum(sum(each.cpu_times()[:2]) for each in (process, *process.children(recursive=True)))
            memory = sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))
    print(f"{platform.machine()}, {os.cpu_count()} cores, {size:,} images, {options.clients} clients")
    for name, taken in (("lookups", lookups), ("adds", adds)):
        p50, p95 = np.percentile(taken.seconds, [50, 95])
        rate = len(taken.seconds) / lasted
        print(f"{name}: {rate:.1f}/s, p50 {p50:.2f} s, p95 {p95:.2f} s, {dict(taken.statuses)}")
    print(f"core time per request: {cores / max(1, len(lookups.seconds) + len(adds.seconds)):.2f} s")
    print(f"memory of all processes: {memory / 1e6:,.0f} MB")


async def _load(
    address: str, bodies: Sequence[bytes], images: Sequence[bytes], options: argparse.Namespace
) -> tuple[Taken, Taken]:
    """Look up and add until the time is over."""
    lookups, adds = Taken(), Taken()
    end = time.perf_counter() + options.seconds
    kind = {"Content-Type": "application/json" if options.vectors else "image/jpeg"}
    limits = httpx.Limits(max_connections=options.clients + 1)
    async with httpx.AsyncClient(base_url=address, timeout=180, limits=limits) as client:

        async def look_up(seed: int) -> None:
            chosen = random.Random(seed)  # noqa: S311 - chance decides what is looked up
            while time.perf_counter() < end:
                await _sent(client, lookups, "/v1/lookup", chosen.choice(bodies), kind)

        async def add() -> None:
            for number in count():
                if time.perf_counter() >= end:
                    return
                image = images[number % len(images)]
                await _sent(client, adds, f"/v1/items?id=added-{number}", image, {})
                await asyncio.sleep(1)

        await asyncio.gather(add(), *map(look_up, range(options.clients)))
    return lookups, adds


async def _sent(
    client: httpx.AsyncClient, taken: Taken, path: str, body: bytes, headers: dict[str, str]
) -> None:
    begun = time.perf_counter()
    answer = await client.post(path, content=body, headers=headers)
    taken.seconds.append(time.perf_counter() - begun)
    taken.statuses[answer.status_code] += 1


@contextmanager
def serving(library: Path) -> Iterator[tuple[str, psutil.Process]]:
    """A service on a free port."""
    command = [sys.executable, "-m", "copytrace", "library", "serve", str(library), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None  # noqa: S101 - it is a pipe
        found = next(match for line in process.stderr if (match := re.search(r"http://\S+", line)))
        yield found[0], psutil.Process(process.pid)
        process.terminate()


def _drawn(folder: Path) -> Path:
    folder.mkdir()
    for seed in range(DRAWN):
        draw_picture(seed).save(folder / f"{seed:04}.jpg", quality=90)
    return folder


def _crops(photos: Path) -> list[bytes]:
    """Crops of some photographs to three quarters of their width and height, as JPEG."""
    images = list_images(photos, ids="path")
    chosen = random.Random(0).sample(  # noqa: S311 - the same ones each time
        range(len(images)), min(CROPS, len(images))
    )
    crops = []
    for row in chosen:
        picture = load_image(images[row])
        file = io.BytesIO()
        picture.crop((0, 0, picture.width * 3 // 4, picture.height * 3 // 4)).save(file, "JPEG", quality=80)
        crops.append(file.getvalue())
    return crops


def _vector(library: Library, image: bytes) -> bytes:
    described = library.describe(image)
    bias = "null" if described.bias is None else described.bias
    return f'{{"vector": {described.vector.tolist()}, "bias": {bias}}}'.encode()


if __name__ == "__main__":
    main()
