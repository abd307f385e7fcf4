"""Measures the cost of a cluster: the driver per task, merging thousands of shards, and Ray against one machine.

    python benchmarks/scale.py merge [--shards 1000 10000]
    python benchmarks/scale.py tasks [--tasks 5000]
    python benchmarks/scale.py describe [--images 5000]
    python benchmarks/scale.py score [--queries 5000] [--references 200000]

`merge` gives the driver invented results of this many shards, and measures its processor time. `tasks` runs tasks that
only return 64 KB, like a chunk of 64 images. `describe` and `score` do the same work with either engine on this
machine's cores. Each engine first does a little of it, which is its start-up; the second run is timed, `describe` from
the first result to the last. CPU seconds include the driver and all processes that it started, including Ray's own;
other work on the machine hardly affects them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from describe import write_jpegs
from score_descriptors import Source, write_submission

from copytrace.engines import LocalEngine, RayEngine, available_cores
from copytrace.pipelines.describe import describe
from copytrace.pipelines.score_submission import score
from copytrace.search import merge
from copytrace.search.collectors import NeighbourCollector, PairCollector

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from copytrace.engines import Engine
    from copytrace.records import FloatArray, IndexArray

    Triples = tuple[IndexArray, IndexArray, FloatArray]

DIMS = 256
SHARD = 1 << 16
"""References of an invented shard, as many as a real one has at most."""
QUERIES, NEAREST = 1_000, 10
"""A batch of queries, each of which gets its nearest references."""
IN_FLIGHT = 200
"""Shards sent out before the first result arrives: twice the slots of a cluster of 100 cores."""
PAIRS = 500_000
"""The pairs that the challenge judges."""


def main() -> None:
    """Print the requested table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("merge", "tasks", "describe", "score"))
    parser.add_argument("--shards", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--tasks", type=int, default=5_000)
    parser.add_argument("--images", type=int, default=5_000)
    parser.add_argument("--queries", type=int, default=5_000)
    parser.add_argument("--references", type=int, default=200_000)
    asked = parser.parse_args()
    print(f"{available_cores()} cores, load {psutil.getloadavg()[0]:.1f}\n")
    if asked.what == "merge":
        _print_merges(asked.shards)
    elif asked.what == "tasks":
        _print_engines(asked.tasks, "tasks", _return_chunks)
    else:
        with tempfile.TemporaryDirectory() as folder:
            if asked.what == "describe":
                _print_engines(asked.images, "images", _Describe(Path(folder), asked.images))
            else:
                _print_engines(asked.references, "references", _Score(Path(folder), asked.queries))


def _print_merges(counts: list[int]) -> None:
    print("| shards | result | driver's CPU s | ms per shard | references represented |")
    print("|---|---|---|---|---|")
    for shards in counts:
        for name, merged in ((f"{PAIRS:,} closest pairs", _merge_pairs), (_lists_name(), _merge_lists)):
            begun = time.process_time()
            making = merged(shards)
            seconds = time.process_time() - begun - making
            print(
                f"| {shards:,} | {name} | {seconds:.1f} | {1000 * seconds / shards:.2f} | {shards * SHARD:,} |",
                flush=True,
            )


def _lists_name() -> str:
    return f"{NEAREST} nearest of each of {QUERIES:,} queries"


def _merge_pairs(shards: int) -> float:
    """Merge twice the pairs to keep, as with the estimated limit; return the seconds spent on inventing them."""
    collector = PairCollector(PAIRS, np.inf)
    making = 0.0
    for found, seconds in _made_up(shards, lambda _: 2 * PAIRS // shards):
        collector.add(*found)
        making += seconds
    collector.result()
    return making


def _merge_lists(shards: int) -> float:
    """Merge pairs that may enter the lists: all at first, and fewer as the limits tighten."""
    collector = NeighbourCollector(QUERIES, NEAREST, np.inf, merge.insert)
    making = 0.0
    # Of the k nearest among s shards, k / s are expected in the last one.
    for found, seconds in _made_up(shards, lambda shard: QUERIES * NEAREST // max(1, shard - IN_FLIGHT)):
        collector.add(*found)
        making += seconds
    return making


def _made_up(shards: int, pairs: Callable[[int], int]) -> Iterator[tuple[Triples, float]]:
    """Results of shards, each with the seconds it took to invent it."""
    rng = np.random.default_rng(0)
    for shard in range(shards):
        begun = time.process_time()
        count = pairs(shard)
        found = (
            rng.integers(0, QUERIES, count),
            shard * SHARD + rng.integers(0, SHARD, count),
            rng.random(count),
        )
        yield found, time.process_time() - begun


class _Watched:
    """An engine that records when the first and the last result arrived."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._first = self._last = 0.0

    @property
    def seconds(self) -> float:
        """From the first result to the last."""
        return self._last - self._first

    def map_unordered(self, *what: Any, **how: Any) -> Generator[Any]:  # noqa: ANN401 - passed on as they are
        """Run tasks, as the engine does."""
        with closing(self._engine.map_unordered(*what, **how)) as finished:
            for done in finished:
                self._last = time.perf_counter()
                self._first = self._first or self._last
                yield done

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - all the rest of the engine
        return getattr(self._engine, name)


def _print_engines(size: int, unit: str, work: Callable[[Engine, int], float]) -> None:
    print(f"| engine | start-up s | {size:,} {unit} s | {unit} a second | CPU s | of it the driver |")
    print("|---|---|---|---|---|---|")
    taken = []
    for name, engine in (("local", LocalEngine()), ("ray", RayEngine())):
        begun = time.perf_counter()
        work(engine, size // 50)
        started = time.perf_counter() - begun
        busy, mine = _busy(), time.process_time()
        taken.append(seconds := work(engine, size))
        busy, mine = _busy() - busy, time.process_time() - mine
        print(
            f"| {name} | {started:.1f} | {seconds:.1f} | {size / seconds:,.1f} | {busy:.1f} | {mine:.1f} |",
            flush=True,
        )
    print(f"\nray / local: {taken[1] / taken[0]:.2f}")


def _busy() -> float:
    """Processor seconds of this process and of all that it started, whether they have ended or not."""
    me = psutil.Process()
    times = me.cpu_times()
    seconds = times.user + times.system + times.children_user + times.children_system
    for process in me.children(recursive=True):
        with suppress(psutil.Error):
            times = process.cpu_times()
            seconds += times.user + times.system
    return float(seconds)


def _return_chunks(engine: Engine, count: int) -> float:
    watched = _Watched(engine)
    for _ in watched.map_unordered(np.zeros, [(64, DIMS // 2)] * count):
        pass
    return watched.seconds


class _Describe:
    def __init__(self, folder: Path, images: int) -> None:
        self._folder = folder
        self._all = write_jpegs(folder / "all", images, 500)
        self._few = folder / "few"
        self._few.mkdir()
        for file in sorted(self._all.iterdir())[: images // 50]:
            (self._few / file.name).hardlink_to(file)

    def __call__(self, engine: Engine, size: int) -> float:
        watched = _Watched(engine)
        images = self._few if size <= len(list(self._few.iterdir())) else self._all
        describe(images, self._folder / "set.h5", engine=watched, replace=True)
        return watched.seconds


class _Score:
    def __init__(self, folder: Path, queries: int) -> None:
        self._folder = folder
        self._queries = queries

    def __call__(self, engine: Engine, size: int) -> float:
        folder = self._folder / str(size)
        if not folder.exists():
            folder.mkdir()
            write_submission(folder, self._queries, size, Source(DIMS, isotropic=False))
        begun = time.perf_counter()
        score(folder / "submission.h5", folder / "truth.csv", bootstrap=0, engine=engine)
        return time.perf_counter() - begun


if __name__ == "__main__":
    main()
