"""Evaluates the shipped model on photographs held out from its training, and computes its thresholds.

    python benchmarks/shipped_model.py PHOTOS --cache DIR [--model FOLDER] [--recipe lite0]

PHOTOS are the photographs it was trained on, with the recipe, which says how many pictures to draw. The figures of each
quality are means over six draws of the validation benchmark, and so are the thresholds in its card. PHOTOS determines
which photographs are held out, so other photographs give meaningless results.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from copytrace.cli.terminal import TerminalProgress
from copytrace.descriptors import DEFAULT, Choice, Model, descriptor_card, load_model
from copytrace.descriptors.fitting import fit_threshold
from copytrace.pipelines.train import SIDE
from copytrace.training.photos import open_photos
from copytrace.training.recipe import read_recipe
from copytrace.training.run import split_photos
from copytrace.training.validation import (
    Benchmark,
    draw_benchmark,
    judge_vectors,
    nearest_false,
)
from copytrace.training.views import squashed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from copytrace.records import ByteArray, Float32Array

SEEDS = (1, 5, 6, 7, 8, 77)
GROUP = 64


def main() -> None:
    """Judge, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", help="the photographs that the model was trained on")
    parser.add_argument("--cache", type=Path, required=True, help="a folder for decoded photographs")
    parser.add_argument("--model", default=DEFAULT, help="another model of the same training")
    parser.add_argument("--recipe", default="imagenet", help="its training recipe")
    arguments = parser.parse_args()
    recipe = read_recipe(arguments.recipe)
    photos = open_photos(arguments.photos, arguments.cache, SIDE, TerminalProgress(), drawn=recipe.drawn)
    validation = split_photos(len(photos), recipe.seed).validation
    with ProcessPoolExecutor() as pool:
        draws = [draw_benchmark(photos, validation, seed, 1.0) for seed in SEEDS]
        print("| quality | micro-AP | recall@P90 | recall@1 | micro-AP raw | threshold |")
        print("|---|---|---|---|---|---|")
        for quality in descriptor_card(arguments.model).qualities:
            choice = Choice(arguments.model, quality)
            means = np.mean([judged(choice, draw, pool) for draw in draws], axis=0)
            print(f"| {quality} |", " | ".join(f"{mean:.4f}" for mean in means), "|", flush=True)


def judged(choice: Choice, draw: Benchmark, pool: Executor) -> list[float]:
    """The figures with the score normalisation, micro-AP without it, and the threshold."""
    queries, bias = described(choice, draw.queries, pool)
    references, _ = described(choice, [draw.photos[int(number)] for number in draw.references], pool)
    figures = judge_vectors(queries, references, draw.truth, bias)
    raw = judge_vectors(queries, references, draw.truth, 0.0)
    return [*figures, raw.micro_ap, fit_threshold(nearest_false(queries, references, draw.truth), bias)]


def described(
    choice: Choice, pictures: Sequence[ByteArray], pool: Executor
) -> tuple[Float32Array, Float32Array]:
    """(n, d) vectors and (n,) biases, zeros if the model has no background; in all processes of the pool."""
    side = loaded(choice).card.input.width
    groups = [
        [squashed(picture, side) for picture in pictures[start : start + GROUP]]
        for start in range(0, len(pictures), GROUP)
    ]
    parts = list(pool.map(_described_group, [choice] * len(groups), groups))
    return np.concatenate([vectors for vectors, _ in parts]), np.concatenate([bias for _, bias in parts])


def _described_group(choice: Choice, pictures: list[ByteArray]) -> tuple[Float32Array, Float32Array]:
    vectors, bias = loaded(choice).describe(pictures)
    return vectors, np.zeros(len(vectors), np.float32) if bias is None else bias


@cache
def loaded(choice: Choice) -> Model:
    """The model, loaded once in each process."""
    return load_model(choice)


if __name__ == "__main__":
    main()
