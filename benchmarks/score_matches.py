"""Measures scoring a matching submission of the challenge's size: 500,000 rows, 50,000 ground truth rows.

Each contestant is a separate process, timed from start to end; `CPU` is its processor time, which other work affects
less. The lower bound reads the same file with pyarrow and does nothing with it; the competitor computes the same
micro-AP in plain Python.

    python benchmarks/score_matches.py
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

QUERIES, ROWS_PER_QUERY, REFERENCES = 50_000, 10, 1_000_000
TRUE_PAIRS, FOUND = 10_000, 8_000
RUNS = 3

PLAIN_READ = """
import sys
import pyarrow.csv
print(pyarrow.csv.read_csv(sys.argv[1]).num_rows)
"""

COMMAND = [sys.executable, "-m", "copytrace", "score"]
PLAIN_PYTHON = [sys.executable, __file__, "--plain"]


def write_challenge(folder: Path, seed: int = 0) -> tuple[Path, Path]:
    """Write a submission and a ground truth of the challenge's size; scores have ties, like rounded ones."""
    generator = np.random.default_rng(seed)
    query = np.repeat(np.arange(QUERIES), ROWS_PER_QUERY)
    # Ten references a million apart, modulo the library, are ten different ones.
    step = REFERENCES // ROWS_PER_QUERY
    first = np.repeat(generator.integers(0, step, QUERIES), ROWS_PER_QUERY)
    reference = first + np.tile(np.arange(ROWS_PER_QUERY) * step, QUERIES)
    score = generator.normal(size=len(query)).round(5)
    with_copy = generator.choice(QUERIES, TRUE_PAIRS, replace=False)
    true_reference = dict(
        zip(with_copy.tolist(), reference[with_copy * ROWS_PER_QUERY].tolist(), strict=True)
    )
    score[with_copy[:FOUND] * ROWS_PER_QUERY] += 3
    for missed in with_copy[FOUND:].tolist():
        true_reference[missed] = REFERENCES
    matches, truth = folder / "matches.csv", folder / "truth.csv"
    order = generator.permutation(len(query))
    with matches.open("w", encoding="utf-8") as file:
        file.write("query_id,reference_id,score\n")
        file.writelines(f"Q{query[row]:05d},R{reference[row]:06d},{score[row]}\n" for row in order)
    with truth.open("w", encoding="utf-8") as file:
        file.write("query_id,reference_id\n")
        for number in range(QUERIES):
            found = true_reference.get(number)
            file.write(f"Q{number:05d},{'' if found is None else f'R{found:06d}'}\n")
    return matches, truth


def plain_micro_ap(matches: Path, truth: Path) -> float:
    """Micro-AP in plain Python, without any library."""
    with truth.open(encoding="utf-8") as file:
        rows = list(islice(csv.reader(file), 1, None))
    queries = {query for query, _ in rows}
    pairs = {(query, reference) for query, reference in rows if reference}
    with matches.open(encoding="utf-8") as file:
        ranked = sorted(
            (-float(score), (query, reference) in pairs)
            for query, reference, score in islice(csv.reader(file), 1, None)
            if query in queries
        )
    found, total = 0, 0.0
    for rank, (_, right) in enumerate(ranked, start=1):
        if right:
            found += 1
            total += found / rank
    return total / len(pairs)


class Taken(NamedTuple):
    """The shortest time of a few runs, since other work only adds to it; and the output."""

    seconds: float
    cpu: float
    output: str


def quickest(command: list[str]) -> Taken:
    """Run a command a few times."""
    # Installed modules are compiled once, even if this is set.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    seconds, cpu = [], []
    for _ in range(RUNS):
        cpu_before, start = _children_cpu(), time.perf_counter()
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        seconds.append(time.perf_counter() - start)
        cpu.append(_children_cpu() - cpu_before)
    return Taken(min(seconds), min(cpu), done.stdout)


def _children_cpu() -> float:
    times = os.times()
    return times.children_user + times.children_system


def main() -> None:
    """Time every contestant on the same two files, and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        matches, truth = map(str, write_challenge(Path(folder)))
        score = [*COMMAND, matches, "--truth", truth, "--json"]
        read = quickest([sys.executable, "-c", PLAIN_READ, matches])
        plain = quickest([*PLAIN_PYTHON, matches, truth])
        without = quickest([*score, "--bootstrap", "0"])
        with_bootstrap = quickest(score)
    difference = abs(json.loads(without.output)["micro_ap"] - float(plain.output))
    if difference > 1e-9:
        sys.exit(f"the two micro-APs differ by {difference}")
    print("| | seconds | CPU seconds | x plain read | x plain Python |\n|---|---|---|---|---|")
    for name, taken in (
        ("pyarrow reads the same CSV", read),
        ("micro-AP with csv, dict and sorted", plain),
        ("copytrace score --bootstrap 0", without),
        ("copytrace score (1,000 replicates)", with_bootstrap),
    ):
        ratios = f"{taken.seconds / read.seconds:.2f} | {taken.seconds / plain.seconds:.2f}"
        print(f"| {name} | {taken.seconds:.2f} | {taken.cpu:.2f} | {ratios} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--plain"]:
        print(plain_micro_ap(Path(sys.argv[2]), Path(sys.argv[3])))
    else:
        main()
