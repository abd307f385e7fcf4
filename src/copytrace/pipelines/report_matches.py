"""From found matches to a page that shows them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from copytrace.errors import ImageError
from copytrace.files import check_output_folder
from copytrace.images import ImageList, list_images, load_image, thumbnail_jpeg
from copytrace.pipelines.mistakes import surest_false_matches, worst_misses
from copytrace.progress import SILENT, Progress
from copytrace.reports import REPORT_MARK, MatchesPage, PageSection, ShownPair, write_matches_page
from copytrace.submissions import read_recipes, read_truth

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from copytrace.images import IdScheme
    from copytrace.pipelines.decide import Found
    from copytrace.pipelines.mistakes import Miss
    from copytrace.progress import Bar
    from copytrace.records import Match, Truth
    from copytrace.submissions import QueryRecipe

THUMBNAIL_SIDE = 320
MISTAKES = 40
"""Of each kind so many are shown, the worst first."""


def report_matches(
    found: Found,
    folder: Path,
    *,
    replace: bool = False,
    title: str = "Matches",
    shown: int = 200,
    truth: Path | None = None,
    recipe: Path | None = None,
    query_images: Path | str | None = None,
    reference_images: Path | str | None = None,
    ids: IdScheme = "auto",
    progress: Progress = SILENT,
) -> Path:
    """Write a page with the best matches side by side, and with the worst mistakes where the truth is known.

    Args:
        found: what `find_copies` found.
        folder: where the page goes.
        replace: an older report there may be replaced.
        title: the page's heading.
        shown: how many pairs are shown, the best first.
        truth: a truth file; its pairs are marked true and all others of its queries false. The true pairs that
            were found last or not at all and the surest false ones are shown in sections of their own.
        recipe: a recipe file; what was done to a query is said under it.
        query_images: where the queries' pictures lie, if they came as a descriptor set.
        reference_images: the same for the references.
        ids: how those files are named.
        progress: hears how far the work is.

    Returns:
        the path of the page.

    Raises:
        InputError: the truth, the recipe or the pictures cannot be read, or the folder cannot be written.
    """
    inputs = (truth, recipe, query_images, reference_images)
    check_output_folder(folder, REPORT_MARK, replace=replace, inputs=inputs)
    known = None if truth is None else read_truth(truth)
    recipes = _recipes(recipe)
    if recipe is not None and recipes.keys().isdisjoint(found.matches.query_ids):
        progress.note(f"{recipe}: says nothing of the queries found. Is this the recipe of these queries?")
    show = _Shower(
        threshold=found.threshold,
        references=None if known is None else _true_references(known),
        recipes=recipes,
        query_picture=_pictures(query_images, found.query_images, ids),
        reference_picture=_pictures(reference_images, found.reference_images, ids),
    )
    best = list(islice(found.matches, shown))
    misses, false = _mistakes(found, known, recipes)
    with progress.task("report", len(best) + len(misses) + len(false), "pairs") as bar:
        pairs, missed, mistaken = ([show(pair, bar) for pair in some] for some in (best, misses, false))
    page = MatchesPage(
        title=title,
        model=found.model,
        threshold=found.threshold,
        threshold_source=found.threshold_source,
        facts=_facts(found, pairs, known),
        scores=found.matches.scores,
        pairs=pairs,
        judged=known is not None,
        sections=() if known is None else (_missed_section(missed, found, known), _false_section(mistaken)),
    )
    return write_matches_page(folder, page)


@dataclass(frozen=True)
class _Shower:
    """Makes a pair as the page shows it, from its IDs and its score.

    Attributes:
        threshold: the score from which a pair is a likely copy.
        references: the true references of each query that the truth judges, if one was given.
        recipes: what was done to each query, where that is known.
        query_picture: gives the thumbnail of a query.
        reference_picture: gives the thumbnail of a reference.
    """

    threshold: float
    references: dict[str, list[str]] | None
    recipes: dict[str, list[QueryRecipe]]
    query_picture: Callable[[str], bytes | None]
    reference_picture: Callable[[str], bytes | None]

    def __call__(self, pair: Match | Miss, bar: Bar) -> ShownPair:
        true_references = None if self.references is None else self.references.get(pair.query_id)
        bar.advance()
        return ShownPair(
            query_id=pair.query_id,
            reference_id=pair.reference_id,
            score=pair.score,
            copy=pair.score is not None and pair.score >= self.threshold,
            correct=None if true_references is None else pair.reference_id in true_references,
            query_picture=self.query_picture(pair.query_id),
            reference_picture=self.reference_picture(pair.reference_id),
            recipe=_in_words(self.recipes.get(pair.query_id, [])),
            true_references=tuple(true_references or ()),
        )


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


def _in_words(recipes: list[QueryRecipe]) -> str | None:
    """What was done to a query, and how much of the reference is left to see; None where nothing is known."""
    sentences = []
    for recipe in recipes:
        share = "" if recipe.of_reference is None else f"{recipe.of_reference:.0%}"
        # That all of the reference can be seen goes without saying.
        visible = f"; {share} of the reference visible" if share not in {"", "100%"} else ""
        sentences.append(recipe.in_words() + visible)
    return " · ".join(dict.fromkeys(sentences)) or None


def _mistakes(
    found: Found, truth: Truth | None, recipes: dict[str, list[QueryRecipe]]
) -> tuple[list[Miss], list[Match]]:
    """The true pairs that were found last or not at all, and the surest false ones; none without a truth."""
    if truth is None:
        return [], []
    edits = {query_id: len(lines[0].steps) for query_id, lines in recipes.items()}
    misses = worst_misses(found.matches, truth, edits)[:MISTAKES]
    return misses, surest_false_matches(found.matches, truth, MISTAKES)


def _missed_section(pairs: list[ShownPair], found: Found, truth: Truth) -> PageSection:
    true_pairs = set(zip(truth.pair_query_ids, truth.pair_reference_ids, strict=True))
    scores = [match.score for match in found.matches if (match.query_id, match.reference_id) in true_pairs]
    below = sum(score < found.threshold for score in scores)
    first = " (the least edited ones before the others)" if any(pair.recipe for pair in pairs) else ""
    return PageSection(
        key="misses",
        title="The worst misses",
        lead=f"Of {len(true_pairs):,} true pairs {len(true_pairs) - len(scores):,} were not found, and {below:,} were "
        f"found below the threshold. Those that were not found come first{first}, then the others by rising score.",
        pairs=pairs,
        empty="The truth has no pair: there is nothing to miss.",
    )


def _false_section(pairs: list[ShownPair]) -> PageSection:
    return PageSection(
        key="false",
        title="The most confident false matches",
        lead="Pairs that the truth does not have, by falling score. One that is a copy all the same "
        "is a fault of the truth.",
        pairs=pairs,
        empty="No false pair was found.",
    )


def _facts(found: Found, pairs: list[ShownPair], truth: Truth | None) -> dict[str, str]:
    facts = {
        "queries": f"{found.queries:,}",
        "references": f"{found.references:,}",
        "pairs found": f"{len(found.matches):,}",
        "likely copies": f"{found.copies:,}",
    }
    if truth is not None:
        facts["true among the shown"] = f"{sum(pair.correct is True for pair in pairs):,} of {len(pairs):,}"
        facts["true pairs in all"] = f"{len(truth.pair_query_ids):,}"
    return facts


def _pictures(
    given: Path | str | None, known: ImageList | None, ids: IdScheme
) -> Callable[[str], bytes | None]:
    """A function from an ID to a thumbnail; made once for each image that recurs."""
    images = known if given is None else list_images(given, ids=ids)
    rows = {} if images is None else {image_id: row for row, image_id in enumerate(images.ids)}
    made: dict[str, bytes | None] = {}

    def picture(image_id: str) -> bytes | None:
        if image_id not in made:
            made[image_id] = None
            if images is not None and image_id in rows:
                try:
                    made[image_id] = thumbnail_jpeg(load_image(images[rows[image_id]]), THUMBNAIL_SIDE)
                except ImageError:
                    # It was readable when it was described; a report is worth having without it.
                    made[image_id] = None
        return made[image_id]

    return picture
