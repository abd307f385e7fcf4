from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]

VECTORS_ONLY = ("--model", "gist", "--no-verify", "--json")


@pytest.fixture
def parts(library: Path, tmp_path: Path) -> Path:
    """Three queries: R03 turned, R05 between black bands, and the left part of a page mostly covered by R07."""
    folder = tmp_path / "parts"
    folder.mkdir()
    r03, r05, r07 = (Image.open(library / f"R{number:02d}.jpg") for number in (3, 5, 7))
    r03.transpose(Image.Transpose.ROTATE_90).save(folder / "turned.png")
    bands = Image.new("RGB", (r05.width, 2 * r05.height))
    bands.paste(r05, (0, r05.height // 2))
    bands.save(folder / "bands.png")
    page = Image.new("RGB", (round(r07.width / 0.67), r07.height), "white")
    page.paste(r07, (0, 0))
    page.save(folder / "page.png")
    return folder


def best(run: Run) -> dict[str, str]:
    """The closest reference of each query."""
    assert run.returncode == 0, run.stderr
    nearest: dict[str, str] = {}
    for match in json.loads(run.stdout)["matches"]:
        nearest.setdefault(match["query_id"], match["reference_id"])
    return nearest


def test_views_find_what_the_whole_picture_does_not(
    copytrace: Callable[..., Run], parts: Path, library: Path
) -> None:
    everything = {"turned": "R03", "bands": "R05", "page": "R07"}
    assert best(copytrace("find", parts, library, *VECTORS_ONLY)) != everything
    assert best(copytrace("find", parts, library, *VECTORS_ONLY, "--effort", "default")) == everything


def test_views_of_a_described_set_are_those_of_its_pictures(
    copytrace: Callable[..., Run], parts: Path, library: Path, tmp_path: Path
) -> None:
    copytrace("describe", parts, "-o", "q.h5", "--model", "gist")
    copytrace("describe", library, "-o", "r.h5", "--model", "gist")
    search = ("r.h5", "--no-verify", "--json", "--effort", "default")
    images = copytrace("find", parts, library, *VECTORS_ONLY, "--effort", "default").stdout
    assert json.loads(copytrace("find", "q.h5", *search).stdout)["matches"] == json.loads(images)["matches"]
    parts.rename(tmp_path / "moved")
    without = copytrace("find", "q.h5", *search)
    assert "Searched whole pictures only: the queries' pictures cannot be found." in without.stderr
    moved = copytrace("find", "q.h5", *search, "--query-images", "moved")
    expected = images.replace(str(parts), str(tmp_path / "moved"))
    assert json.loads(moved.stdout)["matches"] == json.loads(expected)["matches"]


def test_finished_views_are_cleared_away(copytrace: Callable[..., Run], parts: Path, library: Path) -> None:
    run = copytrace("find", parts, library, "-o", "matches.csv", *VECTORS_ONLY, "--effort", "high")
    assert run.returncode == 0, run.stderr
    assert not list(parts.parent.glob("*.parts"))
