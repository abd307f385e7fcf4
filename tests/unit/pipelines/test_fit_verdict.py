from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from copytrace.errors import InputError
from copytrace.matching import SIGNALS, Known, read_card
from copytrace.pipelines import fit_verdict as module
from copytrace.pipelines.draw_pages import draw_pages
from copytrace.pipelines.find_copies import find_copies
from copytrace.pipelines.fit_verdict import fit_verdict
from copytrace.progress import SILENT

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATES = 4


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A benchmark of 8 queries and 8 references."""
    folder = tmp_path_factory.mktemp("pages")
    with SILENT.task("pages", TEMPLATES, "templates") as bar:
        draw_pages(folder, TEMPLATES, bar)
    return folder


def test_drawn_pages_are_a_benchmark_with_as_many_queries_without_a_copy_as_with_one(pages: Path) -> None:
    with (pages / "truth.csv").open(encoding="utf-8", newline="") as file:
        truth = list(csv.DictReader(file))
    assert [bool(row["reference_id"]) for row in truth] == [True, False] * TEMPLATES
    for side, field in (("queries", "query_id"), ("references", "reference_id")):
        stems = {path.stem for path in (pages / side).iterdir()}
        assert {row[field] for row in truth if row[field]} <= stems
        assert len(stems) == 2 * TEMPLATES
    two = [np.asarray(Image.open(pages / "references" / f"R00000-{page}.png")) for page in range(2)]
    assert not np.array_equal(*two)


def test_a_card_is_fitted_to_what_a_search_proposes_and_judges_its_pairs(
    pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FEWEST_COPIES", 2)
    monkeypatch.setattr(module, "SMALLER", 3)
    wrong = tmp_path / "unknown.csv"
    wrong.write_text("query_id,reference_id\nQ00001-edited,R00001-0\n", encoding="utf-8")
    kept = tmp_path / "evidence.npz"
    fitted = fit_verdict(
        [pages], tmp_path / "card.json", model="pdq", pages=0, unknown=wrong, evidence=kept, workers=1
    )
    # All 8 references of each query, or a third of them for a quarter of the queries, and one pair is missing.
    assert fitted.pairs == 8 * 8 + 2 * 3 - 1
    assert sum(each.pairs for each in fitted.reliability) == fitted.pairs
    card = read_card(tmp_path / "card.json")
    fit_verdict([], tmp_path / "again.json", evidence=kept)
    assert read_card(tmp_path / "again.json") == card
    assert card.fitted_to.endswith("(pdq)")
    assert card.model == "pdq"  # It has no file, and so no digest to identify it.
    query = pages / "queries" / "Q00000-edited.png"
    found = find_copies(query, pages / "references", model="pdq", card=tmp_path / "card.json", workers=1)
    assert found.matches.reference_ids[0] == "R00000-0"


def test_a_truth_of_other_queries_leaves_too_few_pairs(pages: Path, tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text("query_id,reference_id\nOther,R00000-0\n", encoding="utf-8")
    for side in ("queries", "references"):
        (tmp_path / side).mkdir()
        for path in sorted((pages / side).iterdir())[:1]:
            (tmp_path / side / path.name).symlink_to(path)
    with pytest.raises(InputError, match=r"0 copies and 0 other pairs, but 50 of each are needed"):
        fit_verdict([tmp_path], tmp_path / "card.json", model="pdq", pages=0, workers=1)


def test_too_few_copies_are_reported() -> None:
    rows = np.arange(60)
    pairs = Known(rows, np.empty((60, len(SIGNALS))), np.empty((60, 3)), rows < 49)
    with pytest.raises(InputError, match=r"49 copies and 11 other pairs, but 50 of each are needed"):
        module._count_copies(pairs)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no evidence"])
def test_a_file_without_evidence_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "evidence.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match="--evidence"):
        module.read_evidence(path)
