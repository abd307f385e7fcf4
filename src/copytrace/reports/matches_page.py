"""A page that shows matches side by side: one HTML file and a folder of thumbnails, no network needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from copytrace.files import whole_folder
from copytrace.reports.plots import found_histogram, stylesheet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from copytrace.records import FloatArray

REPORT_MARK = ".copytrace-report"
"""The file by which an older report is known, which a new one replaces."""


@dataclass(frozen=True)
class ShownPair:
    """A match as the page shows it.

    Attributes:
        query_id: the query's ID.
        reference_id: the reference's ID.
        score: higher is more alike; None where the pair was not found.
        copy: whether the score reaches the threshold.
        correct: whether the truth has this pair; None where no truth is given, or it does not judge the query.
        query_picture: JPEG of the query; None where its picture is not known.
        reference_picture: the same for the reference.
        recipe: what was done to the query, in words; None where that is not known.
        true_references: what the query derives from by the truth.
    """

    query_id: str
    reference_id: str
    score: float | None
    copy: bool
    correct: bool | None
    query_picture: bytes | None
    reference_picture: bytes | None
    recipe: str | None = None
    true_references: tuple[str, ...] = ()


@dataclass(frozen=True)
class PageSection:
    """Pairs that are shown apart, below the best ones.

    Attributes:
        key: the section's anchor.
        title: its heading.
        lead: a sentence on what is shown.
        pairs: in the order in which they are shown.
        empty: what is said where there are none.
    """

    key: str
    title: str
    lead: str
    pairs: Sequence[ShownPair]
    empty: str


@dataclass(frozen=True)
class MatchesPage:
    """What the page says.

    Attributes:
        title: the heading.
        model: the descriptor that scored the pairs.
        threshold: the score from which a pair is a likely copy.
        threshold_source: where the threshold comes from.
        facts: numbers shown under the title, by their labels.
        scores: all scores found, for the histogram.
        pairs: the pairs to show, by falling score.
        judged: whether a truth was given.
        sections: what is shown below the best pairs.
    """

    title: str
    model: str
    threshold: float
    threshold_source: str
    facts: dict[str, str]
    scores: FloatArray
    pairs: Sequence[ShownPair]
    judged: bool
    sections: Sequence[PageSection] = ()


def write_matches_page(folder: Path, page: MatchesPage) -> Path:
    """Write `index.html` and `pictures/` into `folder`, in the place of an older report.

    Returns:
        the path of the page.

    Raises:
        InputError: `folder` is a file, holds something else, or its parent is not there.
    """
    environment = Environment(
        loader=PackageLoader("copytrace.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    with whole_folder(folder, REPORT_MARK) as temporary:
        (temporary / REPORT_MARK).touch()
        pictures = _Pictures(temporary / "pictures")
        html = environment.get_template("matches.html.j2").render(
            page=page,
            picture=pictures.name,
            histogram=found_histogram(page.scores, page.threshold),
            styles=[stylesheet("marks.css"), stylesheet("plots.css")],
        )
        (temporary / "index.html").write_text(html, encoding="utf-8")
    return folder / "index.html"


class _Pictures:
    """The folder of thumbnails; an image that is shown several times is there once."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._names: dict[tuple[str, str], str] = {}

    def name(self, role: str, image_id: str, jpeg: bytes | None) -> str | None:
        """Write a thumbnail; the names are the page's own, since IDs may hold anything."""
        if jpeg is None:
            return None
        if (role, image_id) not in self._names:
            name = f"{len(self._names) + 1:05d}-{role}.jpg"
            (self._folder / name).write_bytes(jpeg)
            self._names[role, image_id] = f"{self._folder.name}/{name}"
        return self._names[role, image_id]
