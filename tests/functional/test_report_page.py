"""The report in a real browser, opened from disk as people open it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from copytrace.images import Thumbnail, list_images, load_image
from copytrace.matching import Subject, explain, extract, judge, verify
from copytrace.pipelines.decide import Found
from copytrace.pipelines.report_matches import report_matches
from copytrace.pipelines.verified import Details, Verified
from copytrace.records import Matches
from copytrace.reports import MatchesPage, ShownPair, ShownPicture, write_matches_page

if TYPE_CHECKING:
    from hosting_browser import Person

pytestmark = [pytest.mark.needs("browser"), pytest.mark.needs("demo")]

CROP = (90, 30, 400, 270)


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A report on a mirrored crop of a photograph of a cat, and on another photograph, each against both originals."""
    queries, references = tmp_path / "queries", tmp_path / "references"
    for folder in (queries, references):
        folder.mkdir()
    cat = Image.fromarray(data.chelsea())
    cat.save(references / "cat.png")
    Image.fromarray(data.coffee()).resize((300, 200)).save(references / "coffee.png")
    cat.crop(CROP).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(queries / "crop.jpg", quality=80)
    Image.fromarray(data.rocket()).resize((300, 200)).save(queries / "rocket.jpg")
    truth = tmp_path / "truth.csv"
    truth.write_text("query_id,reference_id\ncrop,cat\nrocket,\n")
    return report_matches(_found(queries, references), tmp_path / "report", truth=truth, workers=1)


def _found(queries: Path, references: Path) -> Found:
    """The verification result of every pair."""
    sides = [list_images(folder) for folder in (queries, references)]
    found = []
    for query in sides[0]:
        for reference in sides[1]:
            here, there = (Subject(extract(np.asarray(load_image(file)))) for file in (query, reference))
            evidence = verify(here, there)
            judged = judge(evidence, min(len(here.features), len(there.features)))
            details = None
            if evidence is not None and judged.verdict != "none":
                looks = here.features.look, there.features.look
                details = Details(
                    evidence, explain(evidence, *looks, here.features.size, there.features.size)
                )
            found.append((query.id, reference.id, judged, details))
    found.sort(key=lambda each: -each[2].probability)
    verified = Verified(
        [judged.verdict for _, _, judged, _ in found],
        np.array([judged.log_ratio for _, _, judged, _ in found]),
        0.01,
        {number: each[3] for number, each in enumerate(found) if each[3] is not None},
    )
    scores = np.array([judged.probability for _, _, judged, _ in found])
    matches = Matches([each[0] for each in found], [each[1] for each in found], scores)
    return Found(matches, 0.5, "a test", "pdq", "", 2, 2, (), *sides, {}, {}, verified=verified)


def test_a_person_looks_through_the_matches_and_marks_them(report: Path, browser: Any) -> None:
    from playwright.sync_api import expect

    from hosting_browser import ALL, DESKTOP, PHONE, Person

    person = Person(browser, f"{report.parent.as_uri()}/", DESKTOP)
    person.visit("index.html")
    page = person.page
    expect(page.locator("#rows").get_by_role("option")).to_have_count(4)
    expect(page.locator("#rows").get_by_role("option", selected=True)).to_contain_text("copy")
    expect(page.locator("#why")).to_have_text(
        re.compile(r"^Mirrored, cropped to 5\d% of the original; \d+ points agree in \d+% of the overlap\.$")
    )
    _is_laid_over(person)
    _filters(person)
    _marks(person, report)
    assert person.complaints == []
    assert person.faults(ALL) == []
    person.photograph("report")

    reader = Person(browser, person.address, PHONE)
    reader.visit("index.html")
    expect(reader.page.locator("#pair")).not_to_be_visible()
    assert reader.faults(ALL) + reader.overflow() == []
    reader.page.locator("#rows").get_by_role("option").first.click()
    expect(reader.page.locator("#pair")).to_be_visible()
    assert reader.faults(ALL) + reader.overflow() == []
    reader.photograph("report-phone")
    reader.click("All matches", "button")
    expect(reader.page.locator("#rows")).to_be_visible()
    reader.click("Overview", "button")
    expect(reader.page.get_by_role("heading", name="Overview")).to_be_visible()
    assert reader.faults(ALL) + reader.overflow() + reader.complaints == []


def _is_laid_over(person: Person) -> None:
    """The reference lies over the query where the crop was cut, at the scale of the page."""
    stage, over = (person.page.locator(selector).bounding_box() for selector in (".stage", ".over img"))
    assert stage is not None
    assert over is not None
    left, top, right, _ = CROP
    scale = stage["width"] / (right - left)
    width, height = data.chelsea().shape[1::-1]
    expected = {"x": -(width - right), "y": -top, "width": width, "height": height}
    found = {"x": over["x"] - stage["x"], "y": over["y"] - stage["y"]} | {
        side: over[side] for side in ("width", "height")
    }
    for side, pixels in expected.items():
        assert found[side] / scale == pytest.approx(pixels, abs=6), side


def _filters(person: Person) -> None:
    from playwright.sync_api import expect

    page, rows = person.page, person.page.locator("#rows").get_by_role("option")
    page.keyboard.press("/")
    page.keyboard.type("ROCK")
    expect(page.locator("#count")).to_have_text("2 matches of 1 query")
    page.get_by_label("Search by name").fill("nothing like it")
    expect(page.locator("#count")).to_have_text("No matches.")
    page.get_by_label("Search by name").fill("")
    page.get_by_label("copy 1", exact=True).check()
    expect(rows).to_have_count(1)
    page.get_by_label("copy 1", exact=True).uncheck()
    page.get_by_label("Truth").select_option("false")
    expect(rows).to_have_count(3)
    page.get_by_label("Truth").select_option("")
    page.get_by_label("Sort").select_option("name")
    expect(page.locator(".heading .name")).to_have_text(["crop", "rocket"])


def _marks(person: Person, report: Path) -> None:
    from playwright.sync_api import expect

    page = person.page
    page.locator("#rows").get_by_role("option").first.click()
    for key in "1jj3":
        page.keyboard.press(key)
    expect(page.locator("#rows").get_by_role("option", selected=True)).to_contain_text("unsure")
    page.reload()
    expect(page.locator("#done")).to_have_text("2 of 4 marked.")
    with page.expect_download() as download:
        person.click("Export marks", "button")
    exported = Path(download.value.path()).read_text().splitlines()
    assert exported[0] == "query_id,reference_id,mark,finding,probability"
    assert exported[1].startswith("crop,cat,right,copy,0.99")
    assert [line.split(",")[2] for line in exported[1:]] == ["right", "unsure"]
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    assert report.exists()


def test_only_visible_matches_are_in_the_page(tmp_path: Path, browser: Any) -> None:
    from playwright.sync_api import expect

    from hosting_browser import Person

    pairs = [ShownPair(f"Q{n:04d}", "R", "likely", 1 - n / 3000, "1") for n in range(3000)]
    thumbnail = Thumbnail(b"", 1, 1)
    made = [ShownPicture("query", pair.query_id, "", None, None, "gone") for pair in pairs]
    page = MatchesPage(
        "Many", [], {"likely": "likely copy"}, {}, np.ones(3000), 0.0, verified=False, pairs=pairs
    )
    report = write_matches_page(
        tmp_path / "report", page, [*made, ShownPicture("reference", "R", "", None, thumbnail)]
    )
    person = Person(browser, f"{report.parent.as_uri()}/")
    person.visit("index.html")
    rows = person.page.locator("#rows").get_by_role("option")
    expect(rows.first).to_contain_text("Q0000")
    assert rows.count() < 40
    person.page.locator("#rows").evaluate("rows => rows.scrollTo(0, rows.scrollHeight)")
    expect(rows.last).to_contain_text("Q2999")
    assert rows.count() < 40
