"""From found matches to a page that shows them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from copytrace.errors import ImageError
from copytrace.images import ImageList, list_images, load_image, thumbnail_jpeg
from copytrace.progress import SILENT, Progress
from copytrace.reports import MatchesPage, ShownPair, write_matches_page
from copytrace.submissions import read_truth

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from copytrace.images import IdScheme
    from copytrace.pipelines.find_copies import Found

THUMBNAIL_SIDE = 320


def report_matches(
    found: Found,
    folder: Path,
    *,
    title: str = "Matches",
    shown: int = 200,
    truth: Path | None = None,
    query_images: Path | str | None = None,
    reference_images: Path | str | None = None,
    ids: IdScheme = "auto",
    progress: Progress = SILENT,
) -> Path:
    """Write a page with the best matches side by side.

    Args:
        found: what `find_copies` found.
        folder: where the page goes; an older report there is replaced.
        title: the page's heading.
        shown: how many pairs are shown, the best first.
        truth: a truth file; its pairs are marked true and all others false.
        query_images: where the queries' pictures lie, if they came as a descriptor set.
        reference_images: the same for the references.
        ids: how those files are named.
        progress: hears how far the work is.

    Returns:
        the path of the page.

    Raises:
        InputError: the truth or the pictures cannot be read, or the folder cannot be written.
    """
    true_pairs = None if truth is None else _true_pairs(truth)
    query_picture = _pictures(query_images, found.query_images, ids)
    reference_picture = _pictures(reference_images, found.reference_images, ids)
    pairs = []
    with progress.task("report", min(shown, len(found.matches)), "pairs") as bar:
        for match in islice(found.matches, shown):
            pairs.append(
                ShownPair(
                    query_id=match.query_id,
                    reference_id=match.reference_id,
                    score=match.score,
                    copy=match.score >= found.threshold,
                    correct=None
                    if true_pairs is None
                    else (match.query_id, match.reference_id) in true_pairs,
                    query_picture=query_picture(match.query_id),
                    reference_picture=reference_picture(match.reference_id),
                )
            )
            bar.advance()
    page = MatchesPage(
        title=title,
        model=found.model,
        threshold=found.threshold,
        threshold_source=found.threshold_source,
        facts=_facts(found, pairs, true_pairs),
        scores=found.matches.scores,
        pairs=pairs,
        judged=true_pairs is not None,
    )
    return write_matches_page(folder, page)


def _true_pairs(truth: Path) -> set[tuple[str, str]]:
    known = read_truth(truth)
    return set(zip(known.pair_query_ids, known.pair_reference_ids, strict=True))


def _facts(found: Found, pairs: list[ShownPair], true_pairs: set[tuple[str, str]] | None) -> dict[str, str]:
    facts = {
        "queries": f"{found.queries:,}",
        "references": f"{found.references:,}",
        "pairs found": f"{len(found.matches):,}",
        "likely copies": f"{found.copies:,}",
    }
    if true_pairs is not None:
        facts["true among the shown"] = f"{sum(pair.correct is True for pair in pairs):,} of {len(pairs):,}"
        facts["true pairs in all"] = f"{len(true_pairs):,}"
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
