"""Measures how long looking up one photograph among many references takes, from the shell.

    python benchmarks/lookup.py [--references 100000 1000000] [--folder DIR]

Each contestant is a separate process, timed from start to end; `CPU` is its processor time, which other work affects
less. References are drawn at random. The lower bounds are a process that imports the libraries every lookup needs, and
one that reads the set's file once. With `--folder`, sets are kept for the next run.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from copytrace.descriptors import Choice, load_model
from copytrace.pipelines.demo_photos import photographs
from copytrace.vectors import DescriptorSetWriter

RUNS = 5
BLOCK_ROWS = 16_384

IMPORT = "import h5py, numpy, onnxruntime, PIL.Image"
READ = """
import sys
block = bytearray(1 << 24)
with open(sys.argv[1], "rb", buffering=0) as file:
    while file.readinto(block):
        pass
"""


class Taken(NamedTuple):
    """The result of the fastest of a few runs."""

    seconds: float
    cpu: float


def write_references(path: Path, count: int, picture: Path) -> None:
    """Write a set like the default model's, with unit vectors in random directions.

    All its images refer to the same picture, so that candidates can be verified.
    """
    digest = hashlib.sha256(picture.read_bytes()).hexdigest()
    model = load_model(Choice())
    generator = np.random.default_rng(0)
    dims = model.card.dims
    with DescriptorSetWriter(
        path,
        model=model.card.name,
        model_sha256=model.card.sha256,
        quality=model.card.quality,
        background_sha256=model.background_sha256,
        source=str(picture.parent),
    ) as writer:
        for start in range(0, count, BLOCK_ROWS):
            rows = range(start, min(start + BLOCK_ROWS, count))
            vectors = generator.standard_normal((len(rows), dims), dtype=np.float32)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            writer.append(
                [f"R{row:07}" for row in rows],
                vectors,
                generator.uniform(1, 2, len(rows)).astype(np.float32) if model.background else None,
                paths=[picture.name] * len(rows),
                content_sha256=[digest] * len(rows),
            )


def quickest(*arguments: str) -> Taken:
    """The shortest time and the least processor time of a few runs."""
    # Installed modules are compiled once, even if this is set.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    taken = []
    for _ in range(RUNS):
        cpu, start = _children_cpu(), time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment)
        taken.append((time.perf_counter() - start, _children_cpu() - cpu))
    return Taken(*map(min, zip(*taken, strict=True)))


def _children_cpu() -> float:
    times = os.times()
    return times.children_user + times.children_system


def main() -> None:
    """Time the lookups and their lower bounds, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--references", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--folder", type=Path, help="where sets are kept for the next run")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        photo, other = islice(photographs(), 2)
        print("| references | | seconds | CPU seconds | x reading |\n|---|---|---|---|---|")
        imports = quickest("-c", IMPORT)
        print(f"| | import the libraries | {imports.seconds:.2f} | {imports.cpu:.2f} | |")
        for count in arguments.references:
            path = Path(arguments.folder or temporary, f"references-{count}.h5")
            if not path.exists():
                write_references(path, count, other)
            reading = quickest("-c", READ, str(path))
            verified, unverified = (
                quickest("-m", "copytrace", "find", str(photo), str(path), *options)
                for options in ((), ("--no-verify",))
            )
            for name, each in (
                ("read the file once", reading),
                ("`copytrace find`", verified),
                ("`copytrace find --no-verify`", unverified),
            ):
                ratio = each.seconds / reading.seconds
                print(f"| {count:,} | {name} | {each.seconds:.2f} | {each.cpu:.2f} | {ratio:.1f} |")


if __name__ == "__main__":
    main()
