"""Fits the probability that a pair is a copy, from benchmarks with a known ground truth, and writes a card."""

from __future__ import annotations

import tempfile
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from copytrace.errors import InputError
from copytrace.files import check_output, whole_file
from copytrace.matching import (
    RETRIEVAL_SIGNALS,
    SIGNALS,
    Known,
    brier_score,
    fit_card,
    held_out_log_ratios,
    reliability,
    retrievals,
    signals_of,
    signals_of_retrieval,
)
from copytrace.pipelines.draw_pages import draw_pages
from copytrace.pipelines.find_copies import find_copies
from copytrace.progress import SILENT, Progress
from copytrace.submissions import read_truth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from copytrace.matching import Bin
    from copytrace.pipelines.decide import Found
    from copytrace.pipelines.verified import Verified
    from copytrace.records import Truth

PAGES = 160
"""Number of drawn page templates: two pages from the same template look alike, but are not copies."""
SMALLER = 10
"""One in this many references forms a smaller library, which teaches the card the effect of its size."""
FEWER = 4
"""One in this many queries is searched for in it."""
ALL = 1 << 40
FEWEST_COPIES = 50
"""Fewer copies, or fewer other pairs, are not enough for a fit."""


@dataclass(frozen=True)
class FittedVerdict:
    """The result of a fit.

    Attributes:
        output: the card.
        model: the descriptor whose candidates it judges.
        pairs: number of pairs it was fitted to.
        copies: how many of them are copies.
        reliability: the share of copies among pairs of similar probability, fitted on pairs of other queries.
        brier: mean squared error of those probabilities.
    """

    output: Path
    model: str
    pairs: int
    copies: int
    reliability: tuple[Bin, ...]
    brier: float


def fit_verdict(
    benchmarks: Sequence[Path],
    output: Path,
    *,
    model: str | None = None,
    quality: str | None = None,
    background: Path | None = None,
    pages: int = PAGES,
    unknown: Path | None = None,
    evidence: Path | None = None,
    workers: int | None = None,
    threads: int | None = None,
    memory: int | None = None,
    replace: bool = False,
    progress: Progress = SILENT,
) -> FittedVerdict:
    """Fit the probability that a pair is a copy, for the candidates of a descriptor.

    Args:
        benchmarks: folders with `queries`, `references` and `truth.csv`, as `build_benchmark` makes them.
        output: the card, for `find_copies`.
        model: the descriptor; copytrace's default by default.
        quality: `fast`, `default` or `best`.
        background: a background file that replaces the model's own.
        pages: number of page templates to draw as look-alikes.
        unknown: pairs (`query_id,reference_id`) to exclude because the ground truth is wrong about them: photographs
            that are copies of each other, but not labelled so.
        evidence: a file (.npz) that keeps the search results; if it exists, nothing is searched.
        workers: processes for describing and comparing.
        threads: search threads.
        memory: bytes that the search may use.
        replace: an existing card may be replaced.
        progress: reports progress.

    Raises:
        InputError: a benchmark cannot be read, or has too few copies.
    """
    given = [each for each in (*benchmarks, unknown, evidence) if each is not None]
    check_output(output, replace=replace, inputs=given)
    if evidence is not None and evidence.exists():
        pairs, name, digest = read_evidence(evidence)
    else:
        how = {"model": model, "quality": quality, "background": background}
        limits = {"workers": workers, "threads": threads, "memory": memory}
        ignored = set() if unknown is None else _pairs_of(read_truth(unknown))

        def search(folder: Path, queries: Path, references: Path) -> tuple[Found, Known]:
            truth = read_truth(folder / "truth.csv")
            options: dict[str, Any] = {**how, **limits, "max_results": ALL, "all_details": True}
            found = find_copies(queries, references, progress=progress, **options)
            return found, _known(found, truth, ignored)

        searched = _search_all(benchmarks, pages, search, progress)
        pairs = _joined([known for _, known in searched])
        found = searched[0][0]
        name, digest = found.model, found.model_sha256 or found.model
        if evidence is not None:
            write_evidence(evidence, pairs, name, digest)
    copies = _count_copies(pairs)
    held_out = held_out_log_ratios(pairs)
    bins = tuple(reliability(held_out, pairs.copies))
    told = f"{copies:,} copies and {len(pairs) - copies:,} other pairs that a search proposed ({name})"
    with whole_file(output) as file:
        file.write_text(fit_card(pairs, digest, told).to_json(), encoding="utf-8")
    return FittedVerdict(output, name, len(pairs), copies, bins, brier_score(held_out, pairs.copies))


def _search_all(
    benchmarks: Sequence[Path],
    pages: int,
    search: Callable[[Path, Path, Path], tuple[Found, Known]],
    progress: Progress,
) -> list[tuple[Found, Known]]:
    """Search each benchmark, a smaller library from each, and drawn pages."""
    searched = []
    with tempfile.TemporaryDirectory(prefix="copytrace-") as temporary:
        for number, folder in enumerate(benchmarks):
            searched.append(search(folder, folder / "queries", folder / "references"))
            smaller = Path(temporary, str(number))
            smaller.mkdir()
            queries = _every(FEWER, folder / "queries", smaller / "queries.txt")
            references = _every(SMALLER, folder / "references", smaller / "references.txt")
            searched.append(search(folder, queries, references))
        if pages:
            drawn = Path(temporary, "pages")
            drawn.mkdir()
            with progress.task("pages", pages, "templates") as bar:
                draw_pages(drawn, pages, bar)
            searched.append(search(drawn, drawn / "queries", drawn / "references"))
    return searched


def write_evidence(path: Path, pairs: Known, model: str, digest: str) -> None:
    """Save what a fit needs."""
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **vars(pairs), model=model, digest=digest)


def read_evidence(path: Path) -> tuple[Known, str, str]:
    """Read what `write_evidence` wrote: the pairs, and the descriptor's name and digest.

    Raises:
        InputError: the file contains something else, or signals of another version.
    """
    try:
        # NumPy leaves a file open if it cannot read it.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            pairs = Known(*(kept[name] for name in ("groups", "signals", "retrieval", "copies")))
            name, digest = str(kept["model"]), str(kept["digest"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path}: does not contain the evidence of an earlier fit. Remove it, or name another file: --evidence FILE"
        ) from error
    if pairs.signals.shape[1:] != (len(SIGNALS),) or pairs.retrieval.shape[1:] != (len(RETRIEVAL_SIGNALS),):
        raise InputError(f"{path}: was made by another version of copytrace. Remove it and fit again.")
    return pairs, name, digest


def _count_copies(pairs: Known) -> int:
    """The number of copies among the pairs.

    Raises:
        InputError: there are too few copies, or too few other pairs.
    """
    copies = int(pairs.copies.sum())
    if min(copies, len(pairs) - copies) < FEWEST_COPIES:
        raise InputError(
            f"The search proposed {copies:,} copies and {len(pairs) - copies:,} other pairs, but "
            f"{FEWEST_COPIES} of each are needed. Make a larger benchmark: "
            "copytrace benchmark PHOTOS -o DIR --queries N"
        )
    return copies


def _known(found: Found, truth: Truth, ignored: set[tuple[str, str]]) -> Known:
    """The pairs of a search with their signals, except those whose truth is unknown."""
    verified = cast("Verified", found.verified)
    true, judged = _pairs_of(truth), set(truth.query_ids)
    distances, details = verified.distances, verified.details
    by_query: dict[str, list[int]] = {}
    for position in np.argsort(distances, kind="stable").tolist():
        by_query.setdefault(found.matches.query_ids[position], []).append(position)
    groups, signals, retrieval, copies = [], [], [], []
    for number, (query, positions) in enumerate(by_query.items()):
        stood = retrievals(distances[positions], found.references, found.model_sha256 or found.model)
        for position, each in zip(positions, stood, strict=True):
            pair = query, found.matches.reference_ids[position]
            if query not in judged or pair in ignored or position in verified.left_out:
                continue
            groups.append(number)
            seen = details.get(position)
            signals.append(signals_of(None if seen is None else seen.evidence))
            retrieval.append(
                signals_of_retrieval(each if seen is None else replace(each, outdone=seen.outdone))
            )
            copies.append(pair in true)
    return Known(
        np.array(groups, np.int64),
        np.array(signals).reshape(-1, len(SIGNALS)),
        np.array(retrieval).reshape(-1, len(RETRIEVAL_SIGNALS)),
        np.array(copies, np.bool_),
    )


def _joined(parts: Sequence[Known]) -> Known:
    """Join the pairs of several searches; queries of different searches are distinct."""
    shifts = np.cumsum([0, *(part.groups.max(initial=0) + 1 for part in parts[:-1])])
    groups = [part.groups + shift for part, shift in zip(parts, shifts, strict=True)]
    return Known(
        np.concatenate(groups),
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("signals", "retrieval", "copies")
        ),
    )


def _pairs_of(truth: Truth) -> set[tuple[str, str]]:
    return set(zip(truth.pair_query_ids, truth.pair_reference_ids, strict=True))


def _every(step: int, folder: Path, listed: Path) -> Path:
    """A list of every n-th picture of a folder."""
    listed.write_text(
        "".join(f"{path.resolve()}\n" for path in sorted(folder.iterdir())[::step]), encoding="utf-8"
    )
    return listed
