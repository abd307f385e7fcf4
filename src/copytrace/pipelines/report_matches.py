"""Makes a page that shows matches."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from copytrace.engines import LocalEngine
from copytrace.files import check_output_folder
from copytrace.images import list_images
from copytrace.matching import IN_WORDS, percent, reasons
from copytrace.pipelines.mistakes import surest_false_matches, worst_misses
from copytrace.pipelines.report_pictures import Files, shown_pictures
from copytrace.progress import SILENT, Progress
from copytrace.reports import REPORT_MARK, MatchesPage, ShownPair, write_matches_page
from copytrace.submissions import read_recipes, read_truth

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.images import IdScheme
    from copytrace.pipelines.decide import Found
    from copytrace.pipelines.mistakes import Miss
    from copytrace.records import Match, Truth
    from copytrace.reports import Role
    from copytrace.submissions import QueryRecipe

MOST, FEWEST = 10_000, 200
"""All pairs above "no copy found" are shown, up to 10,000; others fill up to 200."""
MISTAKES = 40
"""This many of each kind are always shown, the worst first."""
UNVERIFIED = {"likely": "likely copy", "below": "below the threshold"}
MISSED = {"missed": "not found"}


def report_matches(
    found: Found,
    folder: Path,
    *,
    replace: bool = False,
    title: str = "Matches",
    shown: int | None = None,
    truth: Path | None = None,
    recipe: Path | None = None,
    query_images: Path | str | None = None,
    reference_images: Path | str | None = None,
    ids: IdScheme = "auto",
    workers: int | None = None,
    progress: Progress = SILENT,
) -> Path:
    """Write a page for browsing the matches, query by query.

    Args:
        found: the result of `find_copies`.
        folder: the page's folder.
        replace: an existing report there may be replaced.
        title: the page's heading.
        shown: number of pairs to show, best first. By default all likely copies, and pairs that verification could not
            decide, up to 10,000, and at least 200 pairs.
        truth: a ground truth file; its pairs are marked true, and all others of its queries false. True pairs that
            were missed or ranked last and false pairs with the highest scores are always shown.
        recipe: a recipe file; the edits of a query are shown next to it.
        query_images: location of the queries' pictures, if they came as a descriptor set and have moved.
        reference_images: likewise for the references.
        ids: how to form IDs of those files.
        workers: processes that make thumbnails.
        progress: reports progress.

    Returns:
        the path of the page.

    Raises:
        InputError: the ground truth, the recipe or the pictures cannot be read, or the folder cannot be written.
    """
    inputs = (truth, recipe, query_images, reference_images)
    check_output_folder(folder, REPORT_MARK, replace=replace, inputs=inputs)
    known = None if truth is None else read_truth(truth)
    recipes = _recipes(recipe)
    if recipe is not None and recipes.keys().isdisjoint(found.matches.query_ids):
        progress.note(f"{recipe}: has no line for the queries found. Is this the recipe of these queries?")
    chosen = _chosen(found, shown, known, recipes)
    pairs = [_shown(found, each) for each in chosen]
    files: dict[Role, Files] = {
        "query": Files(
            found.query_images if query_images is None else list_images(query_images, ids=ids),
            found.query_source,
            found.query_paths,
        ),
        "reference": Files(
            found.reference_images if reference_images is None else list_images(reference_images, ids=ids),
            found.reference_source,
            found.reference_paths,
        ),
    }
    page = MatchesPage(
        title=title,
        about=_about(found, sum(pair.score is not None for pair in pairs), known),
        findings=_findings(found),
        facts=_facts(found, known),
        scores=found.matches.scores,
        threshold=found.threshold,
        verified=found.verified is not None,
        pairs=pairs,
        recipes={query_id: _in_words(each) for query_id, each in recipes.items()},
        truth=None if known is None else _true_references(known),
    )
    return write_matches_page(
        folder, page, shown_pictures(pairs, files, folder, LocalEngine(workers), progress)
    )


class _Chosen(NamedTuple):
    """A pair to show, with its position among the matches, or None if it was not found."""

    query_id: str
    reference_id: str
    position: int | None


def _chosen(
    found: Found, shown: int | None, truth: Truth | None, recipes: dict[str, list[QueryRecipe]]
) -> list[_Chosen]:
    """The pairs to show, in their ranked order; pairs that were not found come last."""
    matches = found.matches
    positions = set(_best(found) if shown is None else range(min(shown, len(matches))))
    missed = []
    if truth is not None:
        pairs = zip(matches.query_ids, matches.reference_ids, strict=True)
        position = {pair: number for number, pair in enumerate(pairs)}
        edits = {query_id: len(lines[0].steps) for query_id, lines in recipes.items()}
        mistakes: list[Match | Miss] = [
            *worst_misses(matches, truth, edits)[:MISTAKES],
            *surest_false_matches(matches, truth, MISTAKES),
        ]
        for mistake in mistakes:
            pair = mistake.query_id, mistake.reference_id
            if pair in position:
                positions.add(position[pair])
            else:
                missed.append(_Chosen(*pair, None))
    ranked = [
        _Chosen(matches.query_ids[number], matches.reference_ids[number], number)
        for number in sorted(positions)
    ]
    return [*ranked, *missed]


def _best(found: Found) -> list[int]:
    """Positions of the pairs to show by default."""
    if found.verified is None:
        notable = found.matches.scores >= found.threshold
    else:
        notable = np.array([verdict != "none" for verdict in found.verified.verdicts], bool)
    others = np.flatnonzero(~notable)[: max(0, FEWEST - int(notable.sum()))]
    return [*np.flatnonzero(notable)[:MOST].tolist(), *others.tolist()]


def _findings(found: Found) -> dict[str, str]:
    """The possible findings for a pair, in words, best first."""
    if found.verified is None:
        return UNVERIFIED | MISSED
    return {str(verdict): words for verdict, words in IN_WORDS.items()} | MISSED


def _shown(found: Found, pair: _Chosen) -> ShownPair:
    ids = pair.query_id, pair.reference_id
    if pair.position is None:
        return ShownPair(*ids, "missed", None)
    score = float(found.matches.scores[pair.position])
    if found.verified is None:
        finding = "likely" if score >= found.threshold else "below"
        return ShownPair(*ids, finding, score, f"{score:.4g}")
    verdict = found.verified.verdicts[pair.position]
    details = found.verified.details.get(pair.position)
    evidence, explanation = (None, None) if details is None else (details.evidence, details.explanation)
    why = reasons(verdict, score, evidence, explanation)
    if pair.position in found.verified.left_out:
        why = "not compared: no time was left, or a picture is missing"
    return ShownPair(
        *ids,
        verdict,
        score,
        percent(score),
        why,
        float(found.verified.log_ratios[pair.position]),
        evidence,
        explanation,
    )


def _about(found: Found, shown: int, truth: Truth | None) -> list[str]:
    """How the pairs were found, and how many of them are shown."""
    if found.verified is None:
        said = [
            f"Scored by {found.model}: minus the squared distance of two descriptors; higher is more similar.",
            f"A pair is called a likely copy from {found.threshold:.4g} ({found.threshold_source}).",
        ]
    else:
        said = [
            f"Candidates found by {found.model}, each compared point by point.",
            f"Probabilities assume that {percent(found.verified.prior)} of all queries are copies.",
            f"A pair is called a likely copy from {percent(found.threshold)} ({found.threshold_source}).",
        ]
    if truth is not None:
        said.append(_missed(found, truth))
    if shown < len(found.matches):
        said.append(f"{shown:,} of {len(found.matches):,} pairs are shown.")
    return said


def _missed(found: Found, truth: Truth) -> str:
    true_pairs = set(zip(truth.pair_query_ids, truth.pair_reference_ids, strict=True))
    scores = [match.score for match in found.matches if (match.query_id, match.reference_id) in true_pairs]
    below = sum(score < found.threshold for score in scores)
    missing = len(true_pairs) - len(scores)
    return f"{len(true_pairs):,} true pairs: {missing:,} not found, {below:,} found below the threshold."


def _facts(found: Found, truth: Truth | None) -> dict[str, str]:
    facts = {
        "queries": f"{found.queries:,}",
        "references": f"{found.references:,}",
        "pairs found": f"{len(found.matches):,}",
        "likely copies": f"{len(found.copies):,}",
    }
    if truth is not None:
        facts["true pairs"] = f"{len(truth.pair_query_ids):,}"
    return facts


def _true_references(truth: Truth) -> dict[str, list[str]]:
    references: dict[str, list[str]] = {query_id: [] for query_id in truth.query_ids}
    for query_id, reference_id in zip(truth.pair_query_ids, truth.pair_reference_ids, strict=True):
        references[query_id].append(reference_id)
    return references


def _recipes(path: Path | None) -> dict[str, list[QueryRecipe]]:
    recipes: dict[str, list[QueryRecipe]] = defaultdict(list)
    for recipe in [] if path is None else read_recipes(path):
        recipes[recipe.query_id].append(recipe)
    return recipes


def _in_words(recipes: list[QueryRecipe]) -> str:
    """The edits of a query, and the visible share of the reference."""
    sentences = []
    for recipe in recipes:
        share = "" if recipe.of_reference is None else f"{recipe.of_reference:.0%}"
        # A fully visible reference is not worth mentioning.
        visible = f"; {share} of the reference visible" if share not in {"", "100%"} else ""
        sentences.append(recipe.in_words() + visible)
    return " · ".join(dict.fromkeys(sentences))
