"""A page for browsing matches: an HTML file with its scripts, its data and a folder of thumbnails; works offline.

The scripts are plain ones and the data is one of them, since a browser that opens a page from disk loads neither
modules nor JSON next to it.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from dataclasses import asdict, dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from copytrace.files import whole_folder
from copytrace.reports.plots import found_histogram, stylesheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from markupsafe import Markup

    from copytrace.images import Thumbnail
    from copytrace.matching import Evidence, Explanation
    from copytrace.records import FloatArray

REPORT_MARK = ".copytrace-report"
"""The file that identifies an earlier report, which a new one may replace."""

Role = Literal["query", "reference"]
SCRIPTS = ("pairs.js", "marks.js", "list.js", "compare.js", "pair.js", "page.js")
"""Scripts in `app/`, in loading order."""


@dataclass(frozen=True)
class ShownPicture:
    """An image on the page.

    Attributes:
        role: role of the image.
        id: its ID.
        name: its path for people.
        link: a relative or web address of its file; None if a browser could not open it.
        thumbnail: the picture to show; None if there is none.
        problem: why there is none.
    """

    role: Role
    id: str
    name: str
    link: str | None
    thumbnail: Thumbnail | None
    problem: str = ""


@dataclass(frozen=True, eq=False)
class ShownPair:
    """A pair on the page.

    Attributes:
        query_id: the query's ID.
        reference_id: the reference's ID.
        finding: its finding, a key of the page's `findings`.
        score: its probability, or without verification its score; None if the pair was not found.
        shown: the score as displayed.
        why: the reasons for the finding, in a sentence.
        log_ratio: natural logarithm of the likelihood ratio; None without verification.
        evidence: the mapping between the pictures, if there is one.
        explanation: positions and likely edits.
    """

    query_id: str
    reference_id: str
    finding: str
    score: float | None
    shown: str = ""
    why: str = ""
    log_ratio: float | None = None
    evidence: Evidence | None = None
    explanation: Explanation | None = None


@dataclass(frozen=True)
class RoleNames:
    """What the page calls the pictures of a pair.

    Attributes:
        query: the first one.
        queries: its plural.
        reference: the second one.
    """

    query: str = "query"
    queries: str = "queries"
    reference: str = "reference"


@dataclass(frozen=True)
class MatchesPage:
    """The content of the page.

    Attributes:
        title: the heading.
        about: sentences on how the pairs were found and which of them are shown.
        findings: possible findings for a pair, in words.
        facts: numbers, by label.
        scores: all scores found, for the histogram.
        threshold: the score from which a pair is a likely copy.
        verified: whether scores are probabilities.
        pairs: the pairs to show, best first; ties keep their order.
        recipes: the edits of queries, in words, by ID.
        truth: the references that each judged query is a copy of, by ID; None without a ground truth.
        roles: names of the pictures.
    """

    title: str
    about: Sequence[str]
    findings: dict[str, str]
    facts: dict[str, str]
    scores: FloatArray
    threshold: float
    verified: bool
    pairs: Sequence[ShownPair]
    recipes: Mapping[str, str] = field(default_factory=dict)
    truth: Mapping[str, Sequence[str]] | None = None
    roles: RoleNames = RoleNames()


def write_matches_page(folder: Path, page: MatchesPage, pictures: Iterable[ShownPicture]) -> Path:
    """Write `index.html` and its files into `folder`, replacing an earlier report.

    Args:
        folder: the page's folder.
        page: its content.
        pictures: every image of a pair, once, in any order; each is written as it arrives.

    Returns:
        The path of the page.

    Raises:
        InputError: `folder` is a file or contains something else, or its parent does not exist.
    """
    with whole_folder(folder, REPORT_MARK) as temporary:
        (temporary / REPORT_MARK).touch()
        data = _data(page, _write_pictures(temporary / "pictures", page, pictures))
        (temporary / "data.js").write_text(_as_script(data), encoding="ascii")
        _write_app(temporary / "app")
        html = (
            _environment()
            .get_template("matches.html.j2")
            .render(
                page=page,
                scripts=SCRIPTS,
                counts=_counts(page),
                histogram=_histogram(page),
            )
        )
        (temporary / "index.html").write_text(html, encoding="utf-8", errors="replace")
    return folder / "index.html"


def _histogram(page: MatchesPage) -> Markup:
    if page.verified:
        return found_histogram(page.scores, page.threshold, "probability", limits=(0.0, 1.0))
    return found_histogram(page.scores, page.threshold)


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("copytrace.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def app_file(name: str) -> str:
    """A script or stylesheet of the page; other pages that compare pictures share some of them."""
    return resources.files("copytrace.reports").joinpath("app", name).read_text(encoding="utf-8")


def _write_app(folder: Path) -> None:
    folder.mkdir()
    for name in SCRIPTS:
        (folder / name).write_text(app_file(name), encoding="utf-8")
    own = map(app_file, ("look.css", "compare.css", "page.css"))
    styles = (stylesheet("marks.css"), stylesheet("plots.css"), *own)
    (folder / "page.css").write_text("\n".join(styles), encoding="utf-8")


def _write_pictures(
    folder: Path, page: MatchesPage, pictures: Iterable[ShownPicture]
) -> dict[tuple[str, str], dict[str, Any]]:
    """Write the thumbnails; return the page's data on each image, in the order of the pairs."""
    folder.mkdir()
    told: dict[tuple[str, str], dict[str, Any]] = {}
    for pair in page.pairs:
        for key in (("query", pair.query_id), ("reference", pair.reference_id)):
            told.setdefault(key, {"number": len(told)})
        query = told["query", pair.query_id]
        query |= {"recipe": page.recipes.get(pair.query_id), "copyOf": (page.truth or {}).get(pair.query_id)}
    for picture in pictures:
        entry = told[picture.role, picture.id]
        entry |= {"id": picture.id, "name": picture.name, "link": picture.link}
        if (thumbnail := picture.thumbnail) is not None:
            # The page chooses the names, since IDs may contain anything.
            name = f"{entry['number'] + 1:05d}-{picture.role}.jpg"
            (folder / name).write_bytes(thumbnail.jpeg)
            entry |= {"file": f"{folder.name}/{name}", "size": [thumbnail.width, thumbnail.height]}
        else:
            entry |= {"file": None, "problem": picture.problem}
    return told


def _data(page: MatchesPage, pictures: dict[tuple[str, str], dict[str, Any]]) -> str:
    """The data of the scripts, as ASCII JSON; marks are stored under its digest."""
    content = {
        "verified": page.verified,
        "findings": page.findings,
        "roles": asdict(page.roles),
        "pictures": list(pictures.values()),
        "pairs": [
            _told(
                pair,
                pictures["query", pair.query_id]["number"],
                pictures["reference", pair.reference_id]["number"],
            )
            for pair in page.pairs
        ],
    }
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    return f'{{"digest":"{hashlib.sha256(text.encode()).hexdigest()[:16]}",{text[1:]}'


def _as_script(data: str) -> str:
    """The data as a script; a browser parses a string of JSON in half the time of an object literal."""
    text = data.replace("\\", "\\\\").replace("'", "\\'")
    return f"const report = JSON.parse('{text}');\n"


def _counts(page: MatchesPage) -> dict[str, int]:
    """The number of pairs with each finding that occurs."""
    counted = Counter(pair.finding for pair in page.pairs)
    return {finding: counted[finding] for finding in page.findings if finding in counted}


def _told(pair: ShownPair, query: int, reference: int) -> dict[str, Any]:
    """A pair in the page's data."""
    told: dict[str, Any] = {
        "query": query,
        "reference": reference,
        "finding": pair.finding,
        "score": pair.score,
        "shown": pair.shown,
        "why": pair.why,
    }
    if pair.log_ratio is not None and math.isfinite(pair.log_ratio):
        told["logRatio"] = round(pair.log_ratio, 3)
    if pair.evidence is not None and pair.explanation is not None:
        told["mapping"] = _mapping(pair.evidence, pair.explanation)
    return told


def _mapping(evidence: Evidence, explanation: Explanation) -> dict[str, Any]:
    return {
        "matrix": [float(f"{value:.9g}") for value in evidence.matrix.ravel().tolist()],
        "queryQuad": _quad(explanation.query_quad),
        "referenceQuad": _quad(explanation.reference_quad),
        "queryShare": round(evidence.overlap.query_share, 3),
        "referenceShare": round(evidence.overlap.reference_share, 3),
        "points": evidence.support,
        "turn": round(explanation.turn, 1),
        "scale": float(f"{explanation.scale:.3g}"),
    }


def _quad(quad: FloatArray | None) -> list[list[float]] | None:
    """Corners to a tenth of a pixel; None if one is undefined."""
    if quad is None or not np.isfinite(quad).all():
        return None
    corners: list[list[float]] = np.round(quad, 1).tolist()
    return corners
