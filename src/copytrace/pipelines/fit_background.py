"""Fits a background, which normalises a model's scores, to photographs that are not searched for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from dataclasses import replace as changed
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from copytrace.descriptors import (
    DEFAULT,
    DEFAULT_QUALITY,
    Background,
    Choice,
    Model,
    Normalisation,
    Projection,
    load_model,
    quantised,
    write_background,
)
from copytrace.descriptors.background import biases
from copytrace.descriptors.fitting import FALSE_ALARMS, bias_cap, fit_threshold
from copytrace.engines import FolderLedger, LocalEngine, do_missing, ledger_beside
from copytrace.errors import InputError
from copytrace.files import check_output
from copytrace.images import list_images
from copytrace.pipelines.chunks import describe_chunk, pack_part, split, unpack_part
from copytrace.progress import SILENT, Progress
from copytrace.records import MAX_DIMS
from copytrace.search import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.images import IdScheme, ImageFile, ImageList
    from copytrace.records import Failure, Float32Array, FloatArray

SIZE = 4096
"""Default number of photographs in a bank: 1 MB at 255 dimensions."""

LEAST = 64
"""Fewer photographs cannot show what is close to everything."""

_SHRINKAGE = 0.1
"""Share of the mean variance added to each: the last components of a few photographs are mostly noise."""


@dataclass(frozen=True)
class Fitted:
    """The result of a fit.

    Attributes:
        output: the background file.
        model: the model's descriptor.
        quality: its quality setting.
        images: number of photographs in the bank.
        dims: dimensions of the vectors, without the bias.
        projected_from: dimensions before the projection; None if none was needed.
        threshold: squared distance up to which a pair is called a likely copy.
        failures: images that could not be used, and why.
    """

    output: Path
    model: str
    quality: str
    images: int
    dims: int
    projected_from: int | None
    threshold: float
    failures: tuple[Failure, ...]


def fit_background(
    images: Path | str,
    output: Path | str,
    *,
    model: str = DEFAULT,
    quality: str = DEFAULT_QUALITY,
    size: int = SIZE,
    normalisation: Normalisation | None = None,
    negatives: Path | str | None = None,
    ids: IdScheme = "auto",
    workers: int | None = None,
    replace: bool = False,
    progress: Progress = SILENT,
) -> Fitted:
    """Fit a background to a model, for `describe --background`.

    From more than `size` photographs, those whose IDs have the smallest SHA-256 are used: an arbitrary choice, but
    always the same. A model with more than 255 dimensions also gets a projection to 255 principal components (PCA
    whitening).

    Args:
        images: photographs like those to be searched, but none of the queries or references.
        output: the `.npz` file to write; finished chunks are kept in `<output>.parts/` until all are done.
        model: a descriptor's name, or a folder with a network.
        quality: quality setting to fit for.
        size: the most photographs in the bank.
        normalisation: how to use the bank; by default as in the model's card.
        negatives: pictures that were mistaken for copies, such as those that `copytrace library decisions` writes; all
            of them join the bank.
        ids: how to form IDs, see `describe`.
        workers: processes; all cores by default.
        replace: an existing file at `output` may be replaced.
        progress: reports progress.

    Raises:
        InputError: there are too few photographs, the model or quality does not exist, or the output cannot be written
            there.
    """
    output = Path(output)
    check_output(output, replace=replace, inputs=[images, negatives])
    loaded = load_model(choice := Choice(model, quality, raw=True))
    listed = list_images(images, ids=ids, progress=progress)
    listed.require_apart(output)
    taken = [_sample(listed, size)]
    if negatives is not None:
        taken.append(list_images(negatives, ids="path", progress=progress))
    with ledger_beside(output) as ledger:
        engine = LocalEngine(workers)
        described = [_describe(some, choice, ledger, engine, progress) for some in taken]
        fitted = _fit(images, output, loaded, normalisation, described)
        ledger.clear()
    return fitted


def _fit(
    images: Path | str,
    output: Path,
    loaded: Model,
    normalisation: Normalisation | None,
    described: Sequence[tuple[Float32Array, tuple[Failure, ...]]],
) -> Fitted:
    """Fit a background to the vectors of photographs, and write it, with those of any negatives."""
    (vectors, _), *others = described
    needed = MAX_DIMS if loaded.card.dims >= MAX_DIMS else LEAST
    if len(vectors) < needed:
        raise InputError(
            f"{images}: {len(vectors)} photographs can be used; a background needs at least {needed} for the "
            f"model '{loaded.card.name}'. {SIZE:,} are better."
        )
    how = normalisation or loaded.card.normalisation or Normalisation()
    projection = _principal_components(vectors) if loaded.card.dims >= MAX_DIMS else None
    everything = np.concatenate([vectors, *(some for some, _ in others)])
    if projection is not None:
        vectors, everything = projection(vectors), projection(everything)
    # Negatives may repeat a picture, so they say nothing about the distance of other pictures.
    threshold = _threshold(vectors, changed(how, most=None))
    how = changed(how, most=bias_cap(threshold))
    bank, scale = quantised(everything)
    write_background(
        output,
        Background(
            bank=bank,
            scale=scale,
            normalisation=how,
            projection=projection,
            model=loaded.card.name,
            model_sha256=loaded.card.sha256,
            quality=loaded.card.quality,
            threshold=threshold,
            threshold_source=f"{FALSE_ALARMS:.0%} of {len(vectors):,} background photographs are so close to another",
        ),
    )
    projected_from = None if projection is None else loaded.card.dims
    return Fitted(
        output,
        loaded.card.name,
        loaded.card.quality,
        len(bank),
        bank.shape[1],
        projected_from,
        threshold,
        tuple(failure for _, failures in described for failure in failures),
    )


def _sample(images: ImageList, size: int) -> Sequence[ImageFile]:
    """At most `size` images, the same ones for the same collection, in their order."""
    if len(images) <= size:
        return images
    digests = np.array([hashlib.sha256(id_.encode()).digest()[:8] for id_ in images.ids], "S8")
    return [images[row] for row in np.sort(np.argsort(digests, kind="stable")[:size]).tolist()]


def _describe(
    images: Sequence[ImageFile], choice: Choice, ledger: FolderLedger, engine: LocalEngine, progress: Progress
) -> tuple[Float32Array, tuple[Failure, ...]]:
    """(n, d) float32 vectors of the usable images, and the failures."""
    model = load_model(choice)
    chunks = list(split(images, choice, model))
    with progress.task(f"describe ({model.card.name})", len(images), "images") as bar:
        do_missing(chunks, describe_chunk, pack_part, engine=engine, ledger=ledger, bar=bar)
    parts = [unpack_part(ledger.read(chunk.key)) for chunk in chunks]
    vectors = np.concatenate([part.vectors for part in parts])
    return vectors, tuple(failure for part in parts for failure in part.failures)


def _principal_components(vectors: Float32Array) -> Projection:
    """PCA whitening of (n, D) vectors to 255 dimensions, fitted to these vectors only.

    Source: H. Jegou and O. Chum, "Negative evidences and co-occurences in image retrieval", ECCV 2012.
    """
    mean = vectors.mean(axis=0, dtype=np.float64)
    variances, components = np.linalg.eigh(np.cov(vectors - mean, rowvar=False))
    strongest = np.argsort(variances)[::-1][: MAX_DIMS - 1]
    spread = np.sqrt(variances[strongest] + _SHRINKAGE * variances.mean())
    axes = (components[:, strongest] / spread).T
    return Projection(mean.astype(np.float32), np.ascontiguousarray(axes, np.float32))


def _threshold(vectors: Float32Array, normalisation: Normalisation) -> float:
    """The squared distance, including the bias, within which few background photographs have another one.

    Each photograph serves as a query, with all others as background and references, so its nearest is a false match.
    """
    count = min(normalisation.last + 1, len(vectors) - 1)
    found = nearest(vectors, vectors, count + 1)
    itself = found.reference == np.arange(len(vectors))[:, None]
    # If equal pictures push a photograph out of its own neighbours, the last neighbour is excluded instead.
    itself[~itself.any(axis=1), -1] = True
    distance: FloatArray = found.distance[~itself].reshape(len(vectors), count)
    bias = biases(np.asarray(1 - distance / 2, np.float32), normalisation)
    return fit_threshold(distance[:, 0], bias)
