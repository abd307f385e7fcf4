"""Measures how well descriptors find the copies of a benchmark, at each of their qualities, and at what cost.

    python benchmarks/descriptors.py --bench FOLDER [--model NAME|FOLDER ...] [--background FILE] [--json FILE]

FOLDER is the output of `copytrace benchmark`: `references/`, `queries/` and `truth.csv`. Without --model, every shipped
descriptor is measured. Each makes a submission to the descriptor track from the files, with the pipelines of the
command line. The table is Markdown; each row has the digest of the network's file. Use it to compare descriptors on one
benchmark; figures from different benchmarks cannot be compared, and none of them is a DISC21 figure.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from copytrace.descriptors import DESCRIPTORS, Choice, descriptor_card, load_model
from copytrace.engines import available_cores
from copytrace.pipelines.describe import describe
from copytrace.pipelines.pack import pack
from copytrace.pipelines.score_submission import score


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", type=Path, required=True, help="a folder made by `copytrace benchmark`")
    parser.add_argument(
        "--model", action="append", help="a descriptor or a folder with a network; repeatable"
    )
    parser.add_argument(
        "--background", type=Path, help="a file of `copytrace fit-background`, for one --model"
    )
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    models = arguments.model or [card.name for card, _ in DESCRIPTORS if card.usable]
    choices = [
        Choice(model, quality, arguments.background)
        for model in models
        for quality in descriptor_card(model).qualities
    ]
    rows = [_measured(choice, arguments.bench) for choice in choices]
    _print_table(rows)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2))


def _measured(choice: Choice, bench: Path) -> dict[str, Any]:
    """Describe, pack and score with one descriptor at one quality."""
    model = load_model(choice)
    made_by: dict[str, Any] = {
        "model": choice.model,
        "quality": choice.quality,
        "background": choice.background,
    }
    dims = model.card.dims if model.background is None else model.background.dims + 1
    with tempfile.TemporaryDirectory() as temporary:
        queries, references, submission = (Path(temporary, f"{name}.h5") for name in ("q", "r", "s"))
        begun = time.perf_counter()
        images = sum(
            describe(bench / name, output, **made_by).images
            for name, output in (("queries", queries), ("references", references))
        )
        seconds = time.perf_counter() - begun
        pack(queries, references, output=submission)
        result = score(submission, bench / "truth.csv")
    return {
        "model": model.card.name,
        "quality": choice.quality,
        "sha256": model.card.sha256,
        "background_sha256": model.background_sha256,
        "dims": dims,
        "bytes_per_image": 4 * dims,
        "images_per_second": images / seconds,
        **asdict(result),
    }


def _print_table(rows: list[dict[str, Any]]) -> None:
    first = rows[0]
    print(f"{first['queries']:,} queries, {first['true_pairs']:,} true pairs; {available_cores()} cores\n")
    print(
        "| descriptor | quality | micro-AP (95% interval) | recall@P90 | recall@1 | images/s | bytes | SHA-256 |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for row in sorted(rows, key=lambda row: -float(row["micro_ap"])):
        low, high = row["interval"]
        print(
            f"| {row['model']} | {row['quality']} | {row['micro_ap']:.3f} ({low:.3f} to {high:.3f}) "
            f"| {row['recall_at_p90']:.3f} "
            f"| {row['recall_at_1']:.3f} | {row['images_per_second']:.0f} | {row['bytes_per_image']:,} "
            f"| {row['sha256'][:16] or 'code alone'} |"
        )


if __name__ == "__main__":
    main()
