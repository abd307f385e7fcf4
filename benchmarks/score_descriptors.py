"""Measures scoring a descriptor submission: every query against every reference, keeping the closest pairs.

Each contestant is a separate process, with its own peak memory, on the same file. The lower bound is the bare float32
matrix product of the same size; the competitor is faiss, used as in the challenge's own script. Next to wall-clock
seconds are the seconds of all cores together, including the start of Python, which other work affects less.

    python benchmarks/score_descriptors.py                 # 5,000 x 100,000, and how time grows
    python benchmarks/score_descriptors.py --isotropic     # the same, of vectors without any structure
    python benchmarks/score_descriptors.py --full          # 50,000 x 1,000,000, the size of the challenge
    python benchmarks/score_descriptors.py --few           # 1, 16 and 63 queries in 1,000,000 references

**The data.** Unit vectors in 256 dimensions. The variance of dimension i falls as 1 / i^0.8, like that of learned
descriptors before whitening; half of the background lies around 2,000 centres, some of them popular, which gives
look-alikes. A fifth of the queries are copies of a reference, with noise from none to the length of the vector. With
--isotropic, all directions are alike and there are no centres: whitened descriptors are close to this, and some
dimensions say nothing about the others.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

PAIRS_PER_QUERY = 10
NEIGHBOURS = 10
BLOCK = 16_384
CENTRES = 2_000


# The data


@dataclass(frozen=True)
class Source:
    """Generates vectors."""

    dims: int
    isotropic: bool

    def spread(self) -> Vectors:
        """Standard deviation of each dimension."""
        power = 0.0 if self.isotropic else -0.4
        return (np.arange(1, self.dims + 1, dtype=np.float32) ** power).astype(np.float32)

    def noise(self, generator: np.random.Generator, rows: int) -> Vectors:
        """Vectors of a mean squared length of 1."""
        spread = self.spread()
        values = generator.standard_normal((rows, self.dims), np.float32)
        return values * (spread / np.linalg.norm(spread))

    def background(self, generator: np.random.Generator, rows: int) -> Vectors:
        """Unit vectors that are not copies of anything."""
        vectors = self.noise(generator, rows)
        if not self.isotropic:
            centres = self.noise(np.random.default_rng(7), CENTRES)
            chosen = (CENTRES * generator.random(rows) ** 2).astype(int)
            in_cluster = generator.random((rows, 1)) < 0.5
            vectors = np.where(in_cluster, centres[chosen] + 0.8 * vectors, vectors)
        return unit(vectors)


def unit(vectors: Vectors) -> Vectors:
    """The vectors scaled to length 1."""
    shortened: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return shortened.astype(np.float32)


def write_submission(folder: Path, queries: int, references: int, source: Source) -> tuple[Path, Path]:
    """Write a submission and its truth."""
    generator = np.random.default_rng(0)
    derived = np.arange(0, queries, 5)
    origin = generator.choice(references, len(derived), replace=False)
    query = np.concatenate([source.background(generator, rows) for rows in pieces(queries)])
    submission, truth = folder / "submission.h5", folder / "truth.csv"
    with h5py.File(submission, "w") as file:
        stored = file.create_dataset("reference", (references, source.dims), "float32")
        start = 0
        for rows in pieces(references):
            block = source.background(generator, rows)
            stored[start : start + rows] = block
            here = np.flatnonzero((origin >= start) & (origin < start + rows))
            noise = generator.random((len(here), 1)) * source.noise(generator, len(here))
            query[derived[here]] = unit(block[origin[here] - start] + noise.astype(np.float32))
            start += rows
        file["query"] = query
        file["query_ids"] = np.array([f"Q{row:05d}" for row in range(queries)], "S")
        file["reference_ids"] = np.array([f"R{row:06d}" for row in range(references)], "S")
    found = np.full(queries, -1)
    found[derived] = origin
    with truth.open("w", encoding="utf-8") as lines:
        lines.write("query_id,reference_id\n")
        lines.writelines(
            f"Q{row:05d},{f'R{reference:06d}' if reference >= 0 else ''}\n"
            for row, reference in enumerate(found.tolist())
        )
    np.save(folder / "origin.npy", found)
    return submission, truth


def pieces(rows: int) -> Iterator[int]:
    """Sizes of blocks that add up to the rows."""
    for start in range(0, rows, BLOCK):
        yield min(BLOCK, rows - start)


def spectrum(submission: Path) -> str:
    """How the variance of the references falls off."""
    with h5py.File(submission) as file:
        sample = file["reference"][:20_000]
    share = np.cumsum(np.linalg.eigvalsh(np.cov(sample.T))[::-1])
    share /= share[-1]
    marks = [mark for mark in (8, 32, 64, 128, 192) if mark < len(share)]
    return ", ".join(f"{share[mark - 1]:.0%} in {mark}" for mark in marks)


# The contestants: each runs in its own process and prints its seconds.


def bare_product(submission: Path) -> None:
    """The float32 matrix product of the same size, in blocks of the fastest size."""
    with h5py.File(submission) as file:
        query = file["query"][:]
        references = len(file["reference"])
        block = file["reference"][:8192]
    out = np.empty((2048, len(block)), np.float32)
    start = time.perf_counter()
    for first_reference in range(0, references, len(block)):
        part = block[: references - first_reference]
        for first in range(0, len(query), len(out)):
            rows = query[first : first + len(out)]
            np.matmul(rows, part.T, out=out[: len(rows), : len(part)])
    report(start)


def faiss_range(submission: Path) -> None:
    """All pairs within a radius that shrinks while running: the challenge's own procedure."""
    import faiss
    from faiss.contrib.exhaustive_search import range_search_max_results

    def batches(query: Vectors) -> Iterator[Vectors]:
        start, size = 0, 32
        while start < len(query):
            yield query[start : start + size]
            start, size = start + size, min(2 * size, 20_000)

    start = time.perf_counter()
    with h5py.File(submission) as file:
        query, reference = file["query"][:], file["reference"][:]
    count = PAIRS_PER_QUERY * len(query)
    index = faiss.IndexFlatL2(query.shape[1])
    index.add(reference)
    _, limits, distance, label = range_search_max_results(  # type: ignore[no-untyped-call]
        index, batches(query), 1e10, max_results=2 * count, min_results=count
    )
    of_query = np.repeat(np.arange(len(query)), np.diff(limits.astype(np.int64)))
    closest = np.argsort(distance, kind="stable")[:count]
    report(start, micro_ap=micro_ap(submission, of_query[closest], label[closest]))


def faiss_nearest(submission: Path) -> None:
    """The nearest references of each query."""
    import faiss

    start = time.perf_counter()
    with h5py.File(submission) as file:
        faiss.knn(file["query"][:], file["reference"][:], NEIGHBOURS)
    report(start)


def copytrace_closest(submission: Path) -> None:
    """The closest pairs, from Python."""
    from copytrace.search import closest_pairs

    start = time.perf_counter()
    with h5py.File(submission) as file:
        query = file["query"][:]
        pairs = closest_pairs(query, file["reference"], PAIRS_PER_QUERY * len(query))
    report(start, micro_ap=micro_ap(submission, pairs.query, pairs.reference))


def copytrace_nearest(submission: Path) -> None:
    """The nearest references of each query, from Python."""
    from copytrace.search import nearest

    start = time.perf_counter()
    with h5py.File(submission) as file:
        nearest(file["query"][:], file["reference"], NEIGHBOURS)
    report(start)


def copytrace_float32(submission: Path) -> None:
    """The closest pairs without the extra `fast`."""
    from copytrace.search.float32 import FLOAT32

    start = time.perf_counter()
    with h5py.File(submission) as file:
        query = file["query"][:]
        pairs = FLOAT32.pairs(query, file["reference"], PAIRS_PER_QUERY * len(query))
    report(start, micro_ap=micro_ap(submission, pairs.query, pairs.reference))


def read_and_multiply(submission: Path) -> None:
    """Read the references block by block, multiply them by the queries, and discard the result."""
    start = time.perf_counter()
    with h5py.File(submission) as file:
        query = file["query"][:]
        for first in range(0, len(file["reference"]), 4096):
            np.matmul(query, file["reference"][first : first + 4096].T)
    report(start)


def report(start: float, **others: float) -> None:
    """Print a contestant's results for the process that started it."""
    print(json.dumps({"seconds": time.perf_counter() - start, **others}))


def micro_ap(submission: Path, query: npt.NDArray[np.int64], reference: npt.NDArray[np.int64]) -> float:
    """Micro-AP of pairs by ascending distance, as the challenge defines it."""
    origin = np.load(submission.parent / "origin.npy")
    right = origin[query] == reference
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    return float(precision[right].sum() / (origin >= 0).sum())


CONTESTANTS: dict[str, Callable[[Path], None]] = {
    "numpy: bare float32 product": bare_product,
    "faiss: range_search_max_results": faiss_range,
    "faiss: knn, k = 10": faiss_nearest,
    "copytrace: closest_pairs": copytrace_closest,
    "copytrace: nearest, k = 10": copytrace_nearest,
    "copytrace: pairs by float32": copytrace_float32,
}
BOUND_OF_FEW = "numpy: read and multiply"
COMMAND_LINE = "copytrace score --bootstrap 0"


@dataclass(frozen=True)
class Result:
    """A contestant's result: seconds, core-seconds, gigabytes; micro-AP if it finds pairs."""

    seconds: float
    cores: float
    peak: float
    micro_ap: float | None


def run(name: str, submission: Path) -> Result:
    """Run a contestant in its own process."""
    if name == COMMAND_LINE:
        score = [
            "score",
            submission,
            "--truth",
            submission.parent / "truth.csv",
            "--bootstrap",
            "0",
            "--json",
        ]
        command = ["-m", "copytrace", *score]
    else:
        command = [__file__, "--run", name, "--file", submission]
    start = time.perf_counter()
    # The command line's progress bar would end up in the middle of the table.
    talk = subprocess.DEVNULL if name == COMMAND_LINE else None
    arguments = [sys.executable, *map(str, command)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=talk) as process:
        output = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{name} failed")
    found = json.loads(output)
    seconds = found.get("seconds", time.perf_counter() - start)
    return Result(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20, found.get("micro_ap"))


def contest(queries: int, references: int, source: Source, names: list[str]) -> None:
    """Run contestants on one submission and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        submission, _ = write_submission(Path(folder), queries, references, source)
        kind = "isotropic" if source.isotropic else "clustered"
        print(
            f"\n{queries:,} x {references:,} x {source.dims}, {kind}; variance: {spectrum(submission)} dimensions"
        )
        results = {name: run(name, submission) for name in names}
        # The bound is measured before and after the others, so that a machine that slows down favours nobody.
        first = names[0]
        results[first] = min(results[first], run(first, submission), key=lambda result: result.seconds)
    print(
        f"{'':34}{'seconds':>9}{'x product':>11}{'core-s':>10}{'x product':>11}{'peak GB':>9}{'micro-AP':>11}"
    )
    for name, result in results.items():
        ratio = result.seconds / results[first].seconds
        of_cores = result.cores / results[first].cores
        score = "" if result.micro_ap is None else f"{result.micro_ap:11.7f}"
        print(
            f"{name:34}{result.seconds:9.2f}{ratio:11.2f}{result.cores:10.2f}{of_cores:11.2f}"
            f"{result.peak:9.2f}{score}",
            flush=True,
        )
    scores = [result.micro_ap for result in results.values() if result.micro_ap is not None]
    if scores and max(scores) - min(scores) > 1e-6:
        sys.exit(f"the micro-APs differ: {scores}")


def growth(source: Source) -> None:
    """Print how time grows with each of the three sizes."""
    names = ["numpy: bare float32 product", "copytrace: closest_pairs", "copytrace: nearest, k = 10"]
    print(
        f"\n{'queries':>8}{'references':>12}{'dims':>6}"
        + "".join(f"{name.split(': ')[1]:>24}" for name in names)
    )
    base = (5_000, 100_000, 256)
    for queries, references, dims in (
        base,
        (10_000, 100_000, 256),
        (20_000, 100_000, 256),
        (5_000, 200_000, 256),
        (5_000, 400_000, 256),
        (5_000, 100_000, 128),
        (5_000, 100_000, 64),
    ):
        with tempfile.TemporaryDirectory() as folder:
            submission, _ = write_submission(
                Path(folder), queries, references, Source(dims, source.isotropic)
            )
            seconds = [run(name, submission).seconds for name in names]
        print(
            f"{queries:8,}{references:12,}{dims:6}"
            + "".join(f"{value:15.2f} s {f'({value / seconds[0]:.2f})':>6}" for value in seconds),
            flush=True,
        )


def main() -> None:
    """Print the requested tables."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--full", action="store_true", help="the size of the challenge")
    arguments.add_argument("--isotropic", action="store_true", help="vectors without structure")
    arguments.add_argument("--few", action="store_true", help="a few queries in 1,000,000 references")
    arguments.add_argument("--run", choices=[*CONTESTANTS, BOUND_OF_FEW], help=argparse.SUPPRESS)
    arguments.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.run:
        (CONTESTANTS | {BOUND_OF_FEW: read_and_multiply})[given.run](given.file)
        return
    source = Source(256, given.isotropic)
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    names = [*CONTESTANTS, COMMAND_LINE]
    if given.full:
        contest(50_000, 1_000_000, source, names)
    elif given.few:
        for queries in (1, 16, 63):
            few = [BOUND_OF_FEW, "copytrace: closest_pairs", "copytrace: nearest, k = 10"]
            contest(queries, 1_000_000, source, few)
    else:
        contest(5_000, 100_000, source, names)
        growth(source)


if __name__ == "__main__":
    main()
