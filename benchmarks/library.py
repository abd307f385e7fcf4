"""Measures how fast a library answers and accepts vectors, compared with other software.

    python benchmarks/library.py [--rows 100000 1000000] [--queries 100] [--only NAME ...] [--folder DIR]

Each contestant is a separate process that opens its stored data and answers one query after the other; another process
has filled its store. Half of the vectors lie around 2,000 centres, and the variance of later dimensions falls, as for
photographs; every other query is near a reference. `MB` is the process's own memory, with memory mapped from files in
brackets, which the system reclaims when needed. Contestants that are not installed are skipped: faiss-cpu, lancedb.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from copytrace.library import Item, Library
from copytrace.library.segments import SEALED_AT, seal
from copytrace.records import Float32Array, IndexArray
from copytrace.search import nearest

DIMS, K = 256, 10
BATCH, BATCHES = 64, 64
"""Images confirmed together, as in `copytrace library add`, and how often."""
CENTRES = 2000

Ask = Callable[[Float32Array], list[int]]
"""Returns the rows nearest to a vector."""


def write_vectors(path: Path, count: int) -> None:
    """Write (count, 256) float32 of unit length."""
    rows = np.lib.format.open_memmap(path, "w+", np.float32, (count, DIMS))
    generator = np.random.default_rng(0)
    spread = (1 / np.arange(1, DIMS + 1) ** 0.4).astype(np.float32)
    centres = generator.standard_normal((CENTRES, DIMS), dtype=np.float32)
    for start in range(0, count, SEALED_AT):
        block = generator.standard_normal((min(SEALED_AT, count - start), DIMS), dtype=np.float32)
        near = len(block) // 2
        block[:near] = centres[(generator.random(near) ** 2 * CENTRES).astype(int)] + 0.6 * block[:near]
        block = generator.permutation(block * spread)
        rows[start : start + len(block)] = block / np.linalg.norm(block, axis=1, keepdims=True)
    rows.flush()


def read_queries(rows: Float32Array, count: int) -> Float32Array:
    """(count, 256) vectors, every other one near a row."""
    generator = np.random.default_rng(1)
    queries = rows[np.sort(generator.integers(0, len(rows), count))].copy()
    noise = np.where(np.arange(count) % 2, 0.6, 0.03)[:, None]
    queries += (generator.standard_normal(queries.shape) * noise / np.sqrt(DIMS)).astype(np.float32)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    return queries


@contextmanager
def copytrace_library(rows: Float32Array, folder: Path, taken: dict[str, float]) -> Iterator[Ask]:
    """This project's library."""
    place = folder / "library"
    if not place.exists():
        Library.create(place, model="gist")
        with Library.open(place) as library:
            taken["adds/s"] = _fill(library, rows)
    start = time.perf_counter()
    with Library.open(place) as library:
        taken["open"] = time.perf_counter() - start

        def ask(query: Float32Array) -> list[int]:
            return [int(hit.id) for hit in library.lookup_vectors(query[None], k=K)[0].hits]

        yield ask


def _fill(library: Library, rows: Float32Array) -> float:
    """Add rows to a library; return the confirmed rows per second."""
    catalogue = library._catalogue  # noqa: SLF001 - images are not described here
    ids = iter(range(len(rows)))

    def put(count: int) -> None:
        with catalogue.writing():
            for row in [next(ids) for _ in range(count)]:
                item = Item(
                    f"{row:07}", f"/photos/{row:07}.jpg", "/photos", f"{row:07}.jpg", "0" * 64, "0", 0, "2026"
                )
                catalogue.put(item, rows[row], None)

    start = time.perf_counter()
    for _ in range(BATCHES):
        put(BATCH)
    rate = BATCH * BATCHES / (time.perf_counter() - start)
    left = len(rows) - BATCH * BATCHES
    while left:
        put(some := min(left, SEALED_AT))
        left -= some
        seal(library._place, catalogue)  # noqa: SLF001
    return rate


@contextmanager
def faiss_exact(rows: Float32Array, _folder: Path, taken: dict[str, float]) -> Iterator[Ask]:
    """All distances, in memory."""
    import faiss

    start = time.perf_counter()
    index = faiss.IndexFlatL2(DIMS)
    index.add(rows)
    taken["open"] = time.perf_counter() - start
    yield lambda query: index.search(query[None], K)[1][0].tolist()


@contextmanager
def faiss_ivf(rows: Float32Array, folder: Path, taken: dict[str, float]) -> Iterator[Ask]:
    """The nearest 32 of 1,024 cells, in memory; trained and written in advance."""
    import faiss

    path = folder / "ivf.faiss"
    if not path.exists():
        empty = faiss.IndexIVFFlat(faiss.IndexFlatL2(DIMS), DIMS, 1024)
        empty.train(rows[:: max(1, len(rows) // 65_536)])
        empty.add(rows)
        faiss.write_index(empty, str(path))
    start = time.perf_counter()
    index = faiss.read_index(str(path))
    faiss.extract_index_ivf(index).nprobe = 32
    taken["open"] = time.perf_counter() - start
    yield lambda query: index.search(query[None], K)[1][0].tolist()


@contextmanager
def lancedb_exact(rows: Float32Array, folder: Path, taken: dict[str, float]) -> Iterator[Ask]:
    """A table without an index."""
    with _lance(rows, folder, taken) as table:
        yield lambda query: _ask_lance(table.search(query).limit(K))


@contextmanager
def lancedb_ivf(rows: Float32Array, folder: Path, taken: dict[str, float]) -> Iterator[Ask]:
    """A table with an IVF_FLAT index of 1,024 cells, 32 of which are read."""
    with _lance(rows, folder, taken) as table:
        if not table.list_indices():
            from lancedb.index import IvfFlat  # type: ignore[import-not-found]

            table.create_index("vector", config=IvfFlat(num_partitions=1024))
        yield lambda query: _ask_lance(table.search(query).nprobes(32).limit(K))


@contextmanager
def _lance(rows: Float32Array, folder: Path, taken: dict[str, float]) -> Iterator[Any]:
    import lancedb  # type: ignore[import-not-found]
    import pyarrow as pa

    def batch(start: int, stop: int) -> Any:  # noqa: ANN401 - pyarrow has no type information
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(rows[start:stop].ravel()), DIMS)
        return pa.table({"id": pa.array(range(start, min(stop, len(rows)))), "vector": vectors})

    database = lancedb.connect(folder / "lance")
    if "rows" not in database.table_names():
        table = database.create_table("rows", batch(0, BATCH))
        start = time.perf_counter()
        for number in range(1, BATCHES):
            table.add(batch(number * BATCH, (number + 1) * BATCH))
        taken["adds/s"] = BATCH * (BATCHES - 1) / (time.perf_counter() - start)
        for first in range(BATCH * BATCHES, len(rows), SEALED_AT):
            table.add(batch(first, first + SEALED_AT))
        table.optimize()
    start = time.perf_counter()
    table = database.open_table("rows")
    taken["open"] = time.perf_counter() - start
    yield table


def _ask_lance(search: Any) -> list[int]:  # noqa: ANN401 - no type information
    found: list[int] = search.select(["id"]).to_arrow().column("id").to_pylist()
    return found


@contextmanager
def sqlite_blobs(rows: Float32Array, folder: Path, taken: dict[str, float]) -> Iterator[Ask]:
    """A table of blobs that every lookup reads completely."""
    path = folder / "blobs.sqlite"
    new = not path.exists()
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    if new:
        database.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, vector BLOB)")

        def put(start: int, stop: int) -> None:
            database.execute("BEGIN")
            some = ((row, rows[row].tobytes()) for row in range(start, min(stop, len(rows))))
            database.executemany("INSERT INTO row VALUES (?, ?)", some)
            database.execute("COMMIT")

        start = time.perf_counter()
        for number in range(BATCHES):
            put(number * BATCH, (number + 1) * BATCH)
        taken["adds/s"] = BATCH * BATCHES / (time.perf_counter() - start)
        put(BATCH * BATCHES, len(rows))
    taken["open"] = 0.0

    def ask(query: Float32Array) -> list[int]:
        near: list[tuple[float, int]] = []
        reading = database.execute("SELECT id, vector FROM row")
        while block := reading.fetchmany(16_384):
            vectors = np.frombuffer(b"".join(vector for _, vector in block), np.float32).reshape(-1, DIMS)
            distance = np.square(vectors - query).sum(axis=1)
            best = np.argsort(distance)[:K]
            near = sorted([*near, *((float(distance[row]), block[row][0]) for row in best)])[:K]
        return [row for _, row in near]

    yield ask
    database.close()


CONTESTANTS: dict[str, tuple[Any, str | None]] = {
    "copytrace library": (copytrace_library, None),
    "faiss, exact": (faiss_exact, "faiss"),
    "faiss, IVF": (faiss_ivf, "faiss"),
    "LanceDB, no index": (lancedb_exact, "lancedb"),
    "LanceDB, IVF_FLAT": (lancedb_ivf, "lancedb"),
    "SQLite blobs": (sqlite_blobs, None),
}


def contest(name: str, folder: Path, queries: int) -> dict[str, float]:
    """Measure one contestant; runs in a separate process."""
    rows = np.asarray(np.load(folder / "rows.npy", mmap_mode="c"))
    expected: IndexArray = np.load(folder / "nearest.npy")
    asked = np.load(folder / "queries.npy")[:queries]
    taken: dict[str, float] = {}
    with CONTESTANTS[name][0](rows, folder, taken) as ask:
        start = time.perf_counter()
        ask(asked[0])
        taken["first"] = time.perf_counter() - start
        seconds, found = [], 0
        cpu = time.process_time()
        for query, known in zip(asked, expected, strict=False):
            start = time.perf_counter()
            answer = ask(query)
            seconds.append(time.perf_counter() - start)
            found += len({*answer} & {*known.tolist()})
        taken["cpu"] = (time.process_time() - cpu) / len(asked)
        memory = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    taken["p50"], taken["p95"] = np.percentile(seconds, [50, 95]).tolist()
    taken["recall"] = found / (K * len(asked))
    taken["own"], taken["mapped"] = (
        float(memory[f"Rss{kind}"].split()[0]) / 1000 for kind in ("Anon", "File")
    )
    return taken


def prepare(folder: Path, count: int, queries: int) -> None:
    """Write vectors, queries and the correct results, unless an earlier run did."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "nearest.npy").exists():
        return
    write_vectors(folder / "rows.npy", count)
    rows = np.load(folder / "rows.npy", mmap_mode="r")
    asked = read_queries(rows, queries)
    np.save(folder / "queries.npy", asked)
    np.save(folder / "nearest.npy", nearest(asked, rows, K).reference)


def main() -> None:
    """Let each contestant answer, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--only", nargs="+", default=list(CONTESTANTS))
    parser.add_argument("--folder", type=Path, help="where stores are kept for the next run")
    parser.add_argument("--contest", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contest:
        print(json.dumps(contest(arguments.contest, arguments.folder, arguments.queries)))
        return
    print(
        "| rows | | opens in s | first lookup s | p50 ms | p95 ms | CPU ms | per s | recall@10 | MB | adds/s |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        for count in arguments.rows:
            folder = Path(arguments.folder or temporary, str(count))
            prepare(folder, count, arguments.queries)
            for name in arguments.only:
                needs = CONTESTANTS[name][1]
                if needs and importlib.util.find_spec(needs) is None:
                    continue
                # Reading every blob takes seconds per query.
                queries = min(arguments.queries, 5) if name == "SQLite blobs" else arguments.queries
                command = [
                    sys.executable,
                    __file__,
                    "--contest",
                    name,
                    "--folder",
                    folder,
                    "--queries",
                    str(queries),
                ]
                # The process that filled the store may have cached a lot, so another process answers.
                first, taken = (json.loads(subprocess.check_output(command)) for _ in range(2))
                print(_row(count, name, first | taken), flush=True)


def _row(count: int, name: str, taken: dict[str, float]) -> str:
    adds = f"{taken['adds/s']:,.0f}" if "adds/s" in taken else ""
    return (
        f"| {count:,} | {name} | {taken['open']:.2f} | {taken['first']:.2f} | {taken['p50'] * 1e3:.0f} "
        f"| {taken['p95'] * 1e3:.0f} | {taken['cpu'] * 1e3:.0f} | {1 / taken['p50']:.0f} | {taken['recall']:.3f} "
        f"| {taken['own']:.0f} ({taken['mapped']:.0f}) | {adds} |"
    )


if __name__ == "__main__":
    main()
