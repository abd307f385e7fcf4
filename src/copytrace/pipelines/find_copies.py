"""Find the edited copies: from two collections of images, or descriptor sets, to scored pairs."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from copytrace.descriptors import DEFAULT, DEFAULT_QUALITY, Choice, Model, load_model
from copytrace.errors import DescriptorError
from copytrace.images import ImageList, list_images
from copytrace.pipelines.describe import describe
from copytrace.progress import SILENT, Progress
from copytrace.records import PAIRS_PER_QUERY, ClosestPairs, Matches, Neighbours
from copytrace.search import closest_pairs, nearest
from copytrace.stores import is_remote
from copytrace.vectors import (
    StoredDescriptors,
    is_descriptor_file,
    open_descriptors,
    query_vectors,
    reference_vectors,
    require_same_model,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copytrace.images import IdScheme
    from copytrace.records import Failure


GIVEN = "given by --threshold"


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        matches: scored pairs, by falling score; a score is minus the squared distance.
        threshold: the score from which a pair is called a likely copy.
        threshold_source: where the threshold comes from.
        model: the descriptor that was used.
        queries: the number of queries searched for.
        references: the number of references searched in.
        failures: images that could not be used, and why.
        query_images: where the queries' pictures lie; None for a descriptor set.
        reference_images: where the references' pictures lie; None for a descriptor set.
    """

    matches: Matches
    threshold: float
    threshold_source: str
    model: str
    queries: int
    references: int
    failures: tuple[Failure, ...]
    query_images: ImageList | None
    reference_images: ImageList | None

    @property
    def copies(self) -> int:
        """The number of matches that are likely copies."""
        return int(np.count_nonzero(self.matches.scores >= self.threshold))


@dataclass(frozen=True)
class _Side:
    """One of the two collections: its vectors, read as they are needed, and its pictures where they are known."""

    descriptors: StoredDescriptors
    images: ImageList | None
    failures: tuple[Failure, ...]


def find_copies(
    queries: Path | str,
    references: Path | str,
    *,
    model: str | None = None,
    quality: str | None = None,
    background: Path | None = None,
    max_results: int | None = None,
    per_query: int | None = None,
    threshold: float | None = None,
    ids: IdScheme = "auto",
    workers: int | None = None,
    threads: int | None = None,
    memory: int | None = None,
    strict: bool = False,
    progress: Progress = SILENT,
) -> Found:
    """Find the references that queries derive from.

    Args:
        queries: images (see `list_images`: a folder, list, tar files, a URL ...), or a descriptor set (HDF5).
        references: the same.
        model: the descriptor; by default that of the sets, or copytrace's default.
        quality: `fast`, `default` or `best`; by default that of the sets, or `default`.
        background: the file that the sets were described with, if it was not the model's own.
        max_results: the best pairs over all queries; 10 x queries by default.
        per_query: of each query, only its so many nearest references; then all of them unless
            max_results says otherwise.
        threshold: score from which a pair is called a likely copy, in place of the descriptor's own.
        ids: how files are named, see `describe`.
        workers: processes that describe.
        threads: threads that search.
        memory: bytes that the search may use.
        strict: stop at the first image that cannot be used.
        progress: hears how far the work is.

    Raises:
        InputError: something cannot be read, the two sides were made by different models, or no threshold is known.
    """
    sources = (queries, references)
    choice = _choice_of(sources, Choice(model or "", quality or "", background))
    if threshold is None or not all(map(_is_set, sources)):
        loaded = load_model(choice)
        # Told before images are described for nothing.
        _require_made_by(loaded, sources)
        threshold, source = _threshold(loaded, threshold)
    else:
        source = GIVEN
    # Both are looked for before the first is described, so that a wrong path is told at once.
    sides = [_source(source, ids, progress) for source in sources]
    with ExitStack() as opened:
        query, reference = (
            opened.enter_context(_side(side, choice, workers, strict=strict, progress=progress))
            for side in sides
        )
        require_same_model(query.descriptors, reference.descriptors)
        vectors = query_vectors(query.descriptors), reference_vectors(reference.descriptors)
        if per_query is None:
            count = max_results or PAIRS_PER_QUERY * len(query.descriptors)
            pairs = closest_pairs(*vectors, count, threads=threads, memory=memory, progress=progress)
        else:
            neighbours = nearest(*vectors, per_query, threads=threads, memory=memory, progress=progress)
            pairs = _best_of_nearest(neighbours, max_results)
        return Found(
            matches=_named(pairs, query.descriptors.ids, reference.descriptors.ids),
            threshold=threshold,
            threshold_source=source,
            model=query.descriptors.model,
            queries=len(query.descriptors),
            references=len(reference.descriptors),
            failures=query.failures + reference.failures,
            query_images=query.images,
            reference_images=reference.images,
        )


def _choice_of(sources: tuple[Path | str, ...], asked: Choice) -> Choice:
    """What was asked for, filled up with what the descriptor sets given were made by, or with the defaults."""
    chosen = asked
    for path in sources:
        if not _is_set(path):
            continue
        with open_descriptors(Path(path)) as made:
            quality = made.quality or DEFAULT_QUALITY
            if asked.quality and asked.quality != quality:
                raise DescriptorError(
                    f"{path}: was made at the quality '{quality}', and '{asked.quality}' is wanted. Describe the "
                    f"images of both sides at one quality: copytrace describe --quality {asked.quality}"
                )
            chosen = replace(chosen, model=chosen.model or made.model, quality=chosen.quality or quality)
    return replace(chosen, model=chosen.model or DEFAULT, quality=chosen.quality or DEFAULT_QUALITY)


def _threshold(model: Model, given: float | None) -> tuple[float, str]:
    """The score from which a pair is called a likely copy, and where it comes from."""
    if given is not None:
        return given, GIVEN
    distance, source = model.threshold
    if distance is None:
        raise DescriptorError(
            f"No threshold is known for the model '{model.card.name}'. Give one: --threshold SCORE, or fit a "
            f"background, which brings one: copytrace fit-background PHOTOS --model {model.card.name} -o bank.npz"
        )
    return -distance, source


def _require_made_by(model: Model, sources: tuple[Path | str, ...]) -> None:
    """Refuse descriptor sets that the model, at its quality and with its background, did not make."""
    for path in filter(_is_set, sources):
        with open_descriptors(Path(path)) as made:
            _compare(made, model)


def _compare(made: StoredDescriptors, model: Model) -> None:
    card = model.card
    if made.model != card.name:
        raise DescriptorError(
            f"{made.path}: was made by the model '{made.model}', and '{card.name}' is wanted for the other side. "
            f"Describe the images of both with one model: copytrace describe --model {card.name}"
        )
    if made.model_sha256 != card.sha256:
        raise DescriptorError(
            f"{made.path}: was made by another file of the model '{card.name}': its SHA-256 is "
            f"{_short(made.model_sha256)}, that of the file here {_short(card.sha256)}. Describe its images anew."
        )
    if made.background_sha256 != model.background_sha256:
        raise DescriptorError(
            f"{made.path}: was described with the background {_short(made.background_sha256)}, not with "
            f"{_short(model.background_sha256)}. Name the file that it was described with: --background BANK.npz"
        )


def _short(digest: str) -> str:
    return f"{digest[:12]}..." if digest else "none"


def _is_set(source: Path | str) -> bool:
    """Whether a source is a descriptor set and not images."""
    return not is_remote(str(source)) and is_descriptor_file(Path(source))


def _source(source: Path | str, ids: IdScheme, progress: Progress) -> Path | ImageList:
    """The path of a descriptor set, or the images of any other source."""
    return Path(source) if _is_set(source) else list_images(source, ids=ids, progress=progress)


@contextmanager
def _side(
    images: Path | ImageList, choice: Choice, workers: int | None, *, strict: bool, progress: Progress
) -> Iterator[_Side]:
    """Open a descriptor set, or describe images for this search alone."""
    if isinstance(images, Path):
        with open_descriptors(images) as descriptors:
            yield _Side(descriptors, None, ())
        return
    with tempfile.TemporaryDirectory(prefix="copytrace-") as folder:
        output = Path(folder, "set.h5")
        done = describe(
            images,
            output,
            model=choice.model,
            quality=choice.quality,
            background=choice.background,
            workers=workers,
            strict=strict,
            progress=progress,
        )
        with open_descriptors(output) as descriptors:
            yield _Side(descriptors, images, done.failures)


def _best_of_nearest(neighbours: Neighbours, count: int | None) -> ClosestPairs:
    """Each query's nearest references as one list of pairs; the best `count` of them, or all."""
    queries, k = neighbours.distance.shape
    query = np.repeat(np.arange(queries), k)
    reference, distance = neighbours.reference.ravel(), neighbours.distance.ravel()
    order = np.lexsort((reference, query, distance))[:count]
    return ClosestPairs(query[order], reference[order], distance[order])


def _named(pairs: ClosestPairs, query_ids: Sequence[str], reference_ids: Sequence[str]) -> Matches:
    """Pairs of rows as pairs of IDs, by falling score."""
    return Matches(
        [query_ids[row] for row in pairs.query.tolist()],
        [reference_ids[row] for row in pairs.reference.tolist()],
        0.0 - pairs.distance,
    )
