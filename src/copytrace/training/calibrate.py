"""Turns a trained network into a descriptor: whitening, a background bank with its weight, and a threshold.

Everything is fitted on photographs of the training set: the bank and the whitening on those that were learned, the
choices between a few values on those held out for validation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from copytrace.descriptors import Background, Normalisation, quantised
from copytrace.descriptors.background import biases
from copytrace.descriptors.fitting import bias_cap, fit_threshold
from copytrace.training.folding import folded, pair_whitening, whitened, whitening
from copytrace.training.validation import (
    Benchmark,
    Figures,
    describe,
    draw_benchmark,
    judge_vectors,
    nearest_false,
)
from copytrace.training.views import donated, edited_view, restyled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from copytrace.progress import Bar, Progress
    from copytrace.records import ByteArray, Float32Array, IndexArray
    from copytrace.training.companion import Companion
    from copytrace.training.network import DescriptorNetwork
    from copytrace.training.photos import Photos
    from copytrace.training.recipe import TrainingRecipe
    from copytrace.training.run import Split

BANK = 4096
_FITTED_ON = 6144
_QUERIES_PER_REFERENCE = 1.0
_EDITED = 3072
_SHRINKAGES = (0.1, 0.3, 1.0)
_PAIR_SHRINKAGES = (0.1, 0.3)
_WEIGHTS = (1.0, 1.5, 2.0, 2.5, 3.0)
_RANKS = ((0, 1), (0, 3), (1, 6), (4, 10))


@dataclass(frozen=True)
class Quality:
    """A way to use the network.

    Attributes:
        side: side of the pictures in pixels.
        mirrored: whether the vector is the mean of the picture's and its mirror image's.
        companion: finds the part of a picture to describe; None for the whole picture.
    """

    side: int
    mirrored: bool = False
    companion: Companion | None = None

    def described(self, pictures: list[ByteArray]) -> list[ByteArray]:
        """The part of each picture to describe."""
        return pictures if self.companion is None else [self.companion.part(picture) for picture in pictures]


@dataclass(frozen=True)
class JudgedQuality:
    """The result of a quality on the validation benchmark.

    Attributes:
        threshold: squared distance, including the bias, within which few queries have a wrong reference.
        figures: with the score normalisation.
        raw: without it.
    """

    threshold: float
    figures: Figures
    raw: Figures


@dataclass(frozen=True)
class Calibrated:
    """A descriptor that is ready to be written.

    Attributes:
        network: folded and whitened.
        background: its bank and how to use it; fitted at the quality `default`.
        fit: the chosen whitening, in words.
        qualities: the result of each quality.
    """

    network: DescriptorNetwork
    background: Background
    fit: str
    qualities: dict[str, JudgedQuality]


class _Pictures(NamedTuple):
    benchmark: Benchmark
    learned: list[ByteArray]
    edited: list[ByteArray]  # of the first learned photographs

    @property
    def references(self) -> list[ByteArray]:
        return [self.benchmark.photos[int(number)] for number in self.benchmark.references]


def calibrate(
    network: DescriptorNetwork,
    photos: Photos,
    split: Split,
    qualities: Mapping[str, Quality],
    recipe: TrainingRecipe,
    *,
    progress: Progress,
) -> Calibrated:
    """Fit whitening and bank on learned photographs; choose by micro-AP on the validation benchmark.

    Args:
        network: the trained network.
        photos: the photographs it was trained on.
        split: which of them were learned, and which held out.
        qualities: the ways to use it, by name; must include `default`, at which it is fitted.
        recipe: its training recipe; held-out edits and converted photographs are the same here.
        progress: reports progress.
    """
    plain = folded(network)
    rng, supplies = np.random.default_rng(recipe.seed), donated(photos, split.donors)
    learned = [photos[int(number)] for number in rng.permutation(split.learned)[:_FITTED_ON]]
    # A bank of photographs says little about other kinds of queries: a page, a painting, a close-up.
    learned = [
        restyled(photo, rng, supplies) if rng.random() < recipe.restyled else photo for photo in learned
    ]
    pictures = _Pictures(
        draw_benchmark(photos, split.validation, recipe.seed + 1, _QUERIES_PER_REFERENCE),
        learned,
        [edited_view(photo, rng, supplies, recipe.held_out) for photo in learned[:_EDITED]],
    )
    matrix, mean, background, fit = _fit(plain, pictures, qualities["default"], progress)
    white = whitened(plain, matrix, mean)
    judged = {}
    for name, quality in qualities.items():
        images = len(pictures.benchmark.queries) + len(pictures.references)
        with progress.task(f"judge ({name})", images, "images") as bar:
            judged[name] = _judge(white, pictures, quality, background, bar)
    cap = bias_cap(min(each.threshold for each in judged.values()))
    capped = replace(background, normalisation=replace(background.normalisation, most=cap))
    return Calibrated(white, capped, fit, judged)


def _fit(
    plain: DescriptorNetwork, pictures: _Pictures, quality: Quality, progress: Progress
) -> tuple[Float32Array, Float32Array, Background, str]:
    """The best combination of whitening and background."""
    judged = map(quality.described, (pictures.benchmark.queries, pictures.references))
    groups = [*judged, pictures.learned, pictures.edited]
    with progress.task("fit whitening", sum(map(len, groups)), "images") as bar:
        query, reference, learned, edited = (
            describe(plain, group, quality.side, unit=False, bar=bar) for group in groups
        )
    fits = {f"shrinkage {each}": whitening(learned, each) for each in _SHRINKAGES}
    fits |= {
        f"of pairs, shrinkage {each}": pair_whitening(learned[: len(edited)], edited, each)
        for each in _PAIR_SHRINKAGES
    }
    found = []
    for name, (matrix, mean) in fits.items():
        units = [
            _unit(np.asarray((each - mean) @ matrix.T, np.float32)) for each in (query, reference, learned)
        ]
        value, background = _best_background(units[0], units[1], units[2], pictures.benchmark.truth)
        found.append((value, matrix, mean, background, name))
    return max(found, key=lambda each: each[0])[1:]


def _best_background(
    query: Float32Array, reference: Float32Array, learned: Float32Array, truth: IndexArray
) -> tuple[float, Background]:
    """The normalisation with the highest micro-AP, and that value."""
    bank, scale = quantised(learned[:BANK])
    background = Background(bank, scale, Normalisation())
    similar = query @ background.vectors.T
    found = [
        (judge_vectors(query, reference, truth, biases(similar, how)).micro_ap, how)
        for how in (Normalisation(weight, *ranks) for ranks in _RANKS for weight in _WEIGHTS)
    ]
    value, how = max(found, key=lambda each: each[0])
    return value, Background(bank, scale, how)


def _judge(
    white: DescriptorNetwork, pictures: _Pictures, quality: Quality, background: Background, bar: Bar
) -> JudgedQuality:
    groups = [quality.described(each) for each in (pictures.benchmark.queries, pictures.references)]
    query, reference = (_views(white, group, quality, bar) for group in groups)
    truth = pictures.benchmark.truth
    bias = biases(query @ background.vectors.T, background.normalisation)
    return JudgedQuality(
        fit_threshold(nearest_false(query, reference, truth), bias),
        judge_vectors(query, reference, truth, bias),
        judge_vectors(query, reference, truth, 0.0),
    )


def _views(white: DescriptorNetwork, pictures: list[ByteArray], quality: Quality, bar: Bar) -> Float32Array:
    vectors = describe(white, pictures, quality.side, bar=bar)
    if quality.mirrored:
        vectors = vectors + describe(white, [picture[:, ::-1] for picture in pictures], quality.side)
    return _unit(vectors)


def _unit(vectors: Float32Array) -> Float32Array:
    unit: Float32Array = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return unit
