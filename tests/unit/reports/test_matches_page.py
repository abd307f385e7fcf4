from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.images import Thumbnail
from copytrace.matching import Agreement, Evidence, Explanation
from copytrace.reports import MatchesPage, ShownPair, ShownPicture, write_matches_page
from reports_read import read_report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

    from copytrace.reports import Role

EVIDENCE = Evidence(
    matrix=np.eye(3),
    mirrored=True,
    matches=30,
    inliers=25,
    learned=5,
    support=20,
    residual=0.01,
    found=0.5,
    overlap=Agreement(1.0, 100, 90, 0, 0.9, 0.95, 1.0, 0.6204),
)
EXPLANATION = Explanation(None, np.array([[0, 0], [9.96, 0], [10, 8], [0, 8]]), 12.34, 0.5, ("mirrored",))


def page(pairs: Sequence[ShownPair], **more: Any) -> MatchesPage:
    return MatchesPage(
        title="Matches",
        about=["How it was done."],
        findings={"copy": "copy", "none": "no copy found", "missed": "not found"},
        facts={"queries": "2"},
        scores=np.array([pair.score for pair in pairs if pair.score is not None]),
        threshold=0.5,
        verified=True,
        pairs=pairs,
        **more,
    )


def pair(query_id: str, score: float | None, reference_id: str = "R1") -> ShownPair:
    finding = "missed" if score is None else "copy" if score >= 0.5 else "none"
    return ShownPair(query_id, reference_id, finding, score, "" if score is None else f"{score:.0%}")


def pictures(pairs: Sequence[ShownPair]) -> list[ShownPicture]:
    queries, references = (
        dict.fromkeys(ids)
        for ids in ((each.query_id for each in pairs), (each.reference_id for each in pairs))
    )
    return [_picture("query", id_) for id_ in queries] + [_picture("reference", id_) for id_ in references]


def _picture(role: Role, id_: str) -> ShownPicture:
    jpeg = f"JPEG of {id_}".encode(errors="surrogateescape")
    return ShownPicture(role, id_, f"{id_}.jpg", None, Thumbnail(jpeg, 40, 30))


def written(folder: Path, page: MatchesPage) -> Any:
    write_matches_page(folder / "report", page, pictures(page.pairs))
    return read_report(folder / "report")


def test_a_hostile_id_is_text_wherever_it_is_shown(tmp_path: Path) -> None:
    evil = "</script>'\\\"\u2028<img src=x onerror=alert(1)>/../../etc"
    told = written(tmp_path, page([pair(evil, 0.9)]))
    assert told["pairs"][0]["query"]["id"] == evil
    assert "alert" not in (tmp_path / "report" / "index.html").read_text()
    assert {path.name for path in (tmp_path / "report" / "pictures").iterdir()} == {
        "00001-query.jpg",
        "00002-reference.jpg",
    }


def test_an_invalid_unicode_id_is_shown_as_far_as_possible(tmp_path: Path) -> None:
    broken = b"caf\xe9.jpg".decode(errors="surrogateescape")
    assert written(tmp_path, page([pair(broken, 0.9)]))["pairs"][0]["query"]["id"] == broken


def test_a_picture_that_is_shown_twice_is_stored_once(tmp_path: Path) -> None:
    told = written(tmp_path, page([pair("Q1", 0.9), pair("Q1", 0.2, "R2"), pair("Q2", 0.1)]))
    assert [each["query"]["file"] for each in told["pairs"]] == [
        "pictures/00001-query.jpg",
        "pictures/00001-query.jpg",
        "pictures/00004-query.jpg",
    ]
    files = sorted((tmp_path / "report" / "pictures").iterdir())
    assert [file.read_text() for file in files] == [f"JPEG of {id_}" for id_ in ("Q1", "R1", "R2", "Q2")]


def test_the_names_of_pictures_do_not_depend_on_the_order_in_which_they_are_made(tmp_path: Path) -> None:
    shown = page([pair("Q1", 0.9), pair("Q2", 0.1, "R2")])
    for name, made in (("a", pictures(shown.pairs)), ("b", pictures(shown.pairs)[::-1])):
        write_matches_page(tmp_path / name, shown, made)
    assert (tmp_path / "a/data.js").read_bytes() == (tmp_path / "b/data.js").read_bytes()


def test_a_picture_that_cannot_be_shown_is_reported_with_the_reason(tmp_path: Path) -> None:
    lost = [
        replace(each, thumbnail=None, problem="the file is empty") for each in pictures([pair("Q1", 0.9)])
    ]
    write_matches_page(tmp_path / "report", page([pair("Q1", 0.9)]), lost)
    query = read_report(tmp_path / "report")["pairs"][0]["query"]
    assert (query["file"], query["problem"]) == (None, "the file is empty")
    assert list((tmp_path / "report" / "pictures").iterdir()) == []


def test_the_mapping_of_a_pair_is_the_one_the_page_draws(tmp_path: Path) -> None:
    mapped = replace(pair("Q1", 0.9), log_ratio=7.123456, evidence=EVIDENCE, explanation=EXPLANATION)
    (told,) = written(tmp_path, page([mapped]))["pairs"]
    assert told["logRatio"] == 7.123
    assert told["mapping"] == {
        "matrix": [1, 0, 0, 0, 1, 0, 0, 0, 1],
        "queryQuad": None,
        "referenceQuad": [[0, 0], [10, 0], [10, 8], [0, 8]],
        "queryShare": 1,
        "referenceShare": 0.62,
        "points": 20,
        "turn": 12.3,
        "scale": 0.5,
    }


def test_identical_files_have_no_likelihood_ratio_to_show(tmp_path: Path) -> None:
    told = written(tmp_path, page([replace(pair("Q1", 1.0), log_ratio=float("inf"))]))
    assert "logRatio" not in told["pairs"][0]


def test_each_finding_has_a_filter_with_its_count(tmp_path: Path) -> None:
    written(tmp_path, page([pair("Q1", 0.9), pair("Q2", 0.8), pair("Q3", None)]))
    html = " ".join((tmp_path / "report" / "index.html").read_text().split())
    assert '<input type="checkbox" value="copy"> copy <span class="number">2</span>' in html
    assert '<input type="checkbox" value="missed"> not found <span class="number">1</span>' in html
    assert 'value="none"> no copy' not in html


@pytest.mark.parametrize("truth", [None, {"Q1": ["R7", "R8"], "Q2": []}])
def test_queries_carry_their_recipe_and_what_the_truth_says_of_them(
    tmp_path: Path, truth: dict[str, list[str]] | None
) -> None:
    shown = page([pair("Q1", 0.9), pair("Q2", 0.2)], recipes={"Q1": "crop 0.30 <b>"}, truth=truth)
    first, second = (each["query"] for each in written(tmp_path, shown)["pairs"])
    assert (first["recipe"], second["recipe"]) == ("crop 0.30 <b>", None)
    assert [each["copyOf"] for each in (first, second)] == (
        [None, None] if truth is None else [["R7", "R8"], []]
    )
    assert ('id="truth"' in (tmp_path / "report" / "index.html").read_text()) is (truth is not None)


def test_marks_are_kept_apart_for_reports_that_differ(tmp_path: Path) -> None:
    digests = []
    for name, score in (("a", 0.9), ("b", 0.9), ("c", 0.8)):
        shown = page([pair("Q1", score)])
        write_matches_page(tmp_path / name, shown, pictures(shown.pairs))
        digests.append(read_report(tmp_path / name)["digest"])
    assert digests[0] == digests[1] != digests[2]


def test_no_pairs_make_a_page_that_says_so(tmp_path: Path) -> None:
    path = write_matches_page(tmp_path / "report", page([]), [])
    assert "No pairs found" in path.read_text()
