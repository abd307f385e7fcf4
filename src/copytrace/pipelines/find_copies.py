"""Finds edited copies: from two collections of images, or descriptor sets, to judged pairs."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from copytrace.descriptors import Choice
from copytrace.engines import LocalEngine, ledger_beside, temporary_ledger
from copytrace.errors import DescriptorError, InputError, MissingDependencyError
from copytrace.matching import DEFAULT_PRIOR, VERIFIERS, read_card
from copytrace.pipelines.candidates import find_candidates
from copytrace.pipelines.decide import decide, decide_verified
from copytrace.pipelines.effort import EFFORTS
from copytrace.pipelines.machines import check_machines
from copytrace.pipelines.model_choice import complete, load_maker
from copytrace.pipelines.on_device import on_device
from copytrace.pipelines.pictures import pictures_of, pictures_of_sets
from copytrace.pipelines.query_views import describe_views
from copytrace.pipelines.rank_judged import rank
from copytrace.pipelines.sides import open_sets, open_sides
from copytrace.pipelines.thresholds import asked_threshold, check_prior, threshold_of, threshold_of_precision
from copytrace.pipelines.verify_pairs import Verification, verify_pairs
from copytrace.pipelines.voted import with_voted
from copytrace.progress import SILENT, Progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from copytrace.engines import Engine, FolderLedger, Ledger
    from copytrace.images import IdScheme, Source
    from copytrace.pipelines.decide import Found
    from copytrace.pipelines.effort import Effort, EffortName
    from copytrace.pipelines.on_device import AskedDevice
    from copytrace.pipelines.pictures import Pictures
    from copytrace.pipelines.query_views import ViewVectors
    from copytrace.pipelines.sides import Sides
    from copytrace.vectors import Header


def find_copies(
    queries: Source,
    references: Source,
    *,
    model: str | None = None,
    quality: str | None = None,
    background: Path | None = None,
    verify: bool = True,
    effort: EffortName | None = None,
    prior: float = DEFAULT_PRIOR,
    card: Path | None = None,
    all_details: bool = False,
    threshold: float | None = None,
    precision: float | None = None,
    max_results: int | None = None,
    per_query: int | None = None,
    query_images: Path | str | None = None,
    reference_images: Path | str | None = None,
    seconds_per_query: float | None = None,
    output: Path | None = None,
    paths: bool = False,
    ids: IdScheme = "auto",
    device: AskedDevice = "cpu",
    workers: int | None = None,
    engine: Engine | None = None,
    threads: int | None = None,
    memory: int | None = None,
    strict: bool = False,
    progress: Progress = SILENT,
) -> Found:
    """Find the references that queries are copies of.

    The closest references of each query are candidates, whose pictures are then compared with the query's. Without
    verification, the distances of the vectors decide.

    Args:
        queries: images (see `list_images`: a folder, list, tar files, a URL, pictures in memory ...), or a descriptor
            set (HDF5).
        references: likewise.
        model: the descriptor; by default that of the sets, or copytrace's default.
        quality: `fast`, `default` or `best`; by default that of the sets, or `default`.
        background: the file that the sets were described with, if it was not the model's own.
        verify: compare the pictures. Features of a reference set's pictures are kept in `SET.h5.keypoints`.
        effort: `low`, `default` or `high`: how many views of a query to search for, and how many references to compare
            its picture with (see `EFFORTS`); by default `default`, or `low` without verification.
        prior: probability of a copy before the pictures are compared, above 0 and below 1.
        card: likelihood ratios from `fit_verdict`; by default those that ship with copytrace.
        all_details: keep the details of all pairs with a mapping, not only of possible copies.
        threshold: probability (0 to 1) from which a pair is called a likely copy, by default 0.5; without
            verification a score, by default the descriptor's own.
        precision: instead of a threshold, the expected share of copies among the pairs called likely copies.
        max_results: the number of best pairs over all queries; 10 x queries by default.
        per_query: keep only this many best references of each query; `max_results` is then unlimited by default.
        query_images: location of the queries' pictures, if they came as a descriptor set and have moved.
        reference_images: likewise for the references.
        seconds_per_query: time limit for comparing a query with its candidates; the remaining ones are not compared.
        output: a CSV file for all matches. Finished comparisons are kept next to it until it is written, so the same
            call resumes if interrupted. An existing file is replaced.
        paths: add the file or URL of both images to each row of `output`.
        ids: how to form IDs, see `describe`.
        device: device for describing images, see `describe`.
        workers: processes for describing and comparing; all cores by default.
        engine: describes and compares, and searches if it has other machines; by default processes on this machine.
        threads: search threads.
        memory: bytes that the search may use.
        strict: stop at the first image that cannot be used.
        progress: reports progress.

    Raises:
        InputError: something cannot be read, the two sides were made by different models, no threshold is known, or the
            pictures of a set cannot be found.
    """
    check_prior(prior)
    if card is not None and not verify:
        raise InputError("--card gives probabilities, so it cannot be combined with --no-verify.")
    tried = EFFORTS[effort or ("default" if verify else "low")]
    how = (
        _verification(prior, seconds_per_query, card, all_details=all_details, strict=strict)
        if verify
        else None
    )
    engine = engine or LocalEngine(workers)
    limit = asked_threshold(threshold, precision, verified=verify)
    sources, places = (queries, references), (query_images, reference_images)
    with open_sets(sources) as sets:
        known = [each for each in sets if each is not None]
        choice = complete(Choice(model or "", quality or "", background), known)
        choice = on_device(choice, device, progress)
        # Mismatches are reported before images are described in vain.
        pictures = pictures_of_sets(sets, places, ids) if how else (None, None)
        if limit is None or len(known) < len(sets):
            maker = load_maker(choice, known)
            limit = limit or threshold_of(maker)
        with (
            open_sides(
                sources, sets, choice, ids=ids, engine=engine, strict=strict, progress=progress
            ) as sides,
            _ledger(output) as ledger,
        ):
            _require_apart(output, sides)
            query = pictures[0] or pictures_of(sides.query, None if sides.query.images else query_images, ids)
            check_machines(engine, choice, query.file(0))
            candidates = find_candidates(
                sides,
                max_results=None if how else max_results,
                per_query=max(tried.candidates, per_query or 0) if how else per_query,
                views=_views(tried, choice, known, query, engine=engine, ledger=ledger, progress=progress),
                engine=engine,
                threads=threads,
                memory=memory,
                progress=progress,
            )
            if how is None:
                return _written(decide(candidates, sides, limit, places), output, ledger, paths=paths)
            reference = pictures[1] or pictures_of(sides.reference)
            made = sides.reference.descriptors
            searched = len(made), made.model_sha256 or made.model
            votes = tried.votes(len(query), len(reference))
            # Further candidates of the votes make those of the vectors no less probable.
            sharing = int(np.bincount(candidates.query).max(initial=1))
            with with_voted(
                candidates, sides, (query, reference), how.verifier, votes, engine=engine, progress=progress
            ) as (candidates, features):
                judged = verify_pairs(
                    candidates,
                    query,
                    reference,
                    how,
                    searched,
                    sharing=sharing,
                    features=features,
                    engine=engine,
                    ledger=ledger,
                    progress=progress,
                )
            if judged.left_out:
                progress.note(
                    f"{judged.left_out:,} of {len(candidates):,} pairs were not compared for lack of time "
                    "(--seconds-per-query); their verdict is: cannot tell."
                )
            ranked = rank(candidates, judged, prior, per_query=per_query, max_results=max_results)
            if precision is not None:
                limit = threshold_of_precision(ranked.probabilities, precision)
            return _written(
                decide_verified(ranked, sides, limit, judged.failures, places), output, ledger, paths=paths
            )


def _verification(
    prior: float, seconds: float | None, card: Path | None, *, all_details: bool, strict: bool
) -> Verification:
    known = None if card is None else read_card(card)
    return Verification(VERIFIERS[0], prior, seconds, known, all_details, strict)


def _views(
    effort: Effort,
    choice: Choice,
    sets: Sequence[Header],
    pictures: Pictures,
    *,
    engine: Engine,
    ledger: Ledger,
    progress: Progress,
) -> Iterator[ViewVectors] | None:
    """The views of the queries; None if the effort has none, or the sets' model is not available."""
    if not effort.views:
        return None
    try:
        load_maker(choice, sets)
    except (DescriptorError, MissingDependencyError) as error:
        progress.note(f"Searched whole pictures only, since their views cannot be described. {error}")
        return None
    return describe_views(pictures, choice, effort.views, engine=engine, ledger=ledger, progress=progress)


def _require_apart(output: Path | None, sides: Sides) -> None:
    """Refuse an output that would replace one of the images."""
    for side in (sides.query, sides.reference):
        if output is not None and side.images is not None:
            side.images.require_apart(output)


def _written(found: Found, output: Path | None, ledger: FolderLedger, *, paths: bool) -> Found:
    """Write the matches; only then remove the intermediate results."""
    if output is not None:
        # Loads Arrow, which takes longer than a search for one picture.
        from copytrace.submissions import write_matches

        places = [
            (found.query_place(match.query_id), found.reference_place(match.reference_id))
            for match in (found.matches if paths else ())
        ]
        write_matches(output, found.matches, places if paths else None)
    ledger.clear()
    return found


@contextmanager
def _ledger(beside: Path | None) -> Iterator[FolderLedger]:
    """The ledger of an output; without an output, a ledger for this call only."""
    with temporary_ledger() if beside is None else ledger_beside(beside) as ledger:
        yield ledger
