"""How well every registered descriptor finds the copies of a benchmark, and what it costs.

    python benchmarks/descriptors.py --bench FOLDER [--json FILE]

FOLDER is what `copytrace benchmark` writes: `references/`, `queries/` and `truth.csv`. Each descriptor makes a
submission to the descriptor track from the very files, through the same pipelines as the command line, and the
table is Markdown. It is for comparing descriptors on one benchmark; figures of different benchmarks say nothing
about each other, and none of them is a DISC21 figure.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from copytrace.descriptors import DESCRIPTORS, Card
from copytrace.pipelines.describe import describe
from copytrace.pipelines.pack import pack
from copytrace.pipelines.score_submission import score
from copytrace.pipelines.workers import available_cores


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", type=Path, required=True, help="a folder made by `copytrace benchmark`")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    rows = [_measured(card, arguments.bench) for card, _ in DESCRIPTORS if card.usable]
    _print_table(rows)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2))


def _measured(card: Card, bench: Path) -> dict[str, Any]:
    """Describe, pack and score with one descriptor."""
    with tempfile.TemporaryDirectory() as temporary:
        queries, references, submission = (Path(temporary, f"{name}.h5") for name in ("q", "r", "s"))
        begun = time.perf_counter()
        images = sum(
            describe(bench / name, output, model=card.name).images
            for name, output in (("queries", queries), ("references", references))
        )
        seconds = time.perf_counter() - begun
        pack(queries, references, output=submission)
        result = score(submission, bench / "truth.csv")
    return {
        "model": card.name,
        "dims": card.dims,
        "bytes_per_image": 4 * card.dims,
        "images_per_second": images / seconds,
        **asdict(result),
    }


def _print_table(rows: list[dict[str, Any]]) -> None:
    first = rows[0]
    print(f"{first['queries']:,} queries, {first['true_pairs']:,} true pairs; {available_cores()} cores\n")
    print("| descriptor | micro-AP (95% interval) | recall@P90 | recall@1 | images/s | bytes per image |")
    print("|---|---|---|---|---|---|")
    for row in sorted(rows, key=lambda row: -float(row["micro_ap"])):
        low, high = row["interval"]
        print(
            f"| {row['model']} | {row['micro_ap']:.3f} ({low:.3f} to {high:.3f}) | {row['recall_at_p90']:.3f} "
            f"| {row['recall_at_1']:.3f} | {row['images_per_second']:.0f} | {row['bytes_per_image']:,} |"
        )


if __name__ == "__main__":
    main()
