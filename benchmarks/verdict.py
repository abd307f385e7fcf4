"""Fits the probability that a pair is a copy, and measures how well it holds on pairs that it was not fitted to.

The pairs: every query of a benchmark with its closest references and its true ones, and pages drawn from templates,
edited, with the page that they come from and with another page of the same template.
::

    copytrace benchmark PHOTOS -o bench --queries 1200 --references 3000 --copies 0.5 --held-out none --side 320
    python benchmarks/verdict.py bench --write src/copytrace/matching/likelihood.json
"""

from __future__ import annotations

import argparse
import csv
import functools
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

import copytrace
from copytrace.edits import draw_recipe, replay
from copytrace.edits.drawing.forms import draw_form
from copytrace.matching import (
    DEFAULT_PRIOR,
    SIGNALS,
    Card,
    Subject,
    extract,
    fit_ratio,
    probability,
    signals_of,
    verify,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copytrace.records import BoolArray, ByteArray, FloatArray

CLOSEST = 8
"""References of each query that are looked at, besides its true ones."""
FOLDS = 5
BINS = (0.0, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 1.0)


class Pair(NamedTuple):
    """A query, a reference, and whether the one is a copy of the other; queries of one group are held out together."""

    group: str
    query: Subject
    reference: Subject
    copy: bool


def main() -> None:
    """Fit, report, and write the card if asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("benchmark", type=Path)
    parser.add_argument(
        "--templates", type=int, default=160, help="templates of pages (default: %(default)s)"
    )
    parser.add_argument(
        "--evidence", type=Path, help="keep the signals in this file, or take them from it (.npz)"
    )
    parser.add_argument("--write", type=Path, help="write the card of a fit to all pairs")
    asked = parser.parse_args()
    groups, signals, copies = _evidence(asked)
    mapped = ~np.isnan(signals[:, 0])
    print(
        f"{len(copies):,} pairs, {copies.sum():,} copies; a mapping for {mapped[copies].mean():.3f} of the copies"
    )
    print(f"and for {mapped[~copies].mean():.3f} of the others")
    _report(_held_out(groups, signals, copies), copies)
    if asked.write:
        asked.write.write_text(_fitted(signals, copies).to_json(), encoding="utf-8")


def _evidence(asked: argparse.Namespace) -> tuple[FloatArray, FloatArray, BoolArray]:
    if asked.evidence and asked.evidence.exists():
        kept = np.load(asked.evidence)
        return kept["groups"], kept["signals"], kept["copies"]
    groups, rows, copies = [], [], []
    for pair in (*_pairs_of(asked.benchmark), *_pairs_of_pages(asked.templates)):
        evidence = verify(pair.query, pair.reference)
        groups.append(pair.group)
        rows.append(np.full(len(SIGNALS), np.nan) if evidence is None else signals_of(evidence))
        copies.append(pair.copy)
    found = np.array(groups), np.array(rows), np.array(copies)
    if asked.evidence:
        np.savez(asked.evidence, groups=found[0], signals=found[1], copies=found[2])
    return found


def _pairs_of(folder: Path) -> Iterator[Pair]:
    """Queries of a benchmark with their closest references and their true ones."""
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        true = {(row["query_id"], row["reference_id"]) for row in csv.DictReader(file) if row["reference_id"]}
    found = copytrace.find_copies(folder / "queries", folder / "references", per_query=CLOSEST)
    pairs = {(match.query_id, match.reference_id) for match in found.matches} | true
    paths = {path.stem: path for side in ("queries", "references") for path in (folder / side).iterdir()}
    subject = functools.lru_cache(4096)(lambda name: Subject(extract(_pixels(Image.open(paths[name])))))
    for query, reference in sorted(pairs):
        yield Pair(query, subject(query), subject(reference), (query, reference) in true)


def _pairs_of_pages(templates: int) -> Iterator[Pair]:
    for template in range(templates):
        rng = np.random.default_rng((template, 7))
        first, second = (_pixels(draw_form(template, page)) for page in range(2))
        edited = Subject(extract(replay(first, draw_recipe(rng)).image))
        plain, other = Subject(extract(first)), Subject(extract(second))
        yield Pair(f"page {template}", edited, plain, copy=True)
        yield Pair(f"page {template}", edited, other, copy=False)
        yield Pair(f"page {template}", plain, other, copy=False)


def _pixels(image: Image.Image) -> ByteArray:
    return np.asarray(image.convert("RGB"))


def _fitted(signals: FloatArray, copies: BoolArray) -> Card:
    mapped = ~np.isnan(signals[:, 0])
    unmapped = np.log((~mapped[copies]).mean() / (~mapped[~copies]).mean())
    ratio = fit_ratio(SIGNALS, signals[mapped], copies[mapped])
    # The fit tells copies from others among mapped pairs; that a pair has a mapping speaks for a copy by itself.
    start = ratio.start + float(np.log(mapped[copies].mean() / mapped[~copies].mean()))
    told = f"{copies.sum():,} copies and {(~copies).sum():,} other pairs, of edited photographs and of drawn pages"
    return Card(type(ratio)(round(start, 6), ratio.curves), round(float(unmapped), 6), told)


def _log_ratios(card: Card, signals: FloatArray) -> FloatArray:
    mapped = ~np.isnan(signals[:, 0])
    found = np.full(len(signals), card.unmapped)
    found[mapped] = card.mapped.log(signals[mapped])
    return found


def _held_out(groups: FloatArray, signals: FloatArray, copies: BoolArray) -> FloatArray:
    """The log likelihood ratio of each pair, by fits to pairs of other queries."""
    _, number = np.unique(groups, return_inverse=True)
    fold = np.random.default_rng(0).permutation(number.max() + 1)[number] % FOLDS
    found = np.empty(len(copies))
    for each in range(FOLDS):
        found[fold == each] = _log_ratios(
            _fitted(signals[fold != each], copies[fold != each]), signals[fold == each]
        )
    return found


def _report(log_ratio: FloatArray, copies: BoolArray) -> None:
    """Reliability at the share of copies among the pairs, and false alarms at the default prior."""
    chances = probability(log_ratio, float(copies.mean()))
    print("\n| probability | pairs | mean | are copies |\n|---|---|---|---|")
    for low, high in itertools.pairwise(BINS):
        some = (chances >= low) & ((chances < high) | (high == 1))
        if some.any():
            print(
                f"| {low:g} to {high:g} | {some.sum():,} | {chances[some].mean():.3f} | {copies[some].mean():.3f} |"
            )
    print(f"\nBrier score {((chances - copies) ** 2).mean():.4f}")
    sure = probability(log_ratio, DEFAULT_PRIOR) >= 0.95
    print(
        f"At the default prior {sure[copies].mean():.3f} of the copies and {sure[~copies].sum()} of "
        f"{(~copies).sum():,} others are called copies."
    )


if __name__ == "__main__":
    main()
