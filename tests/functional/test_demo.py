from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from copytrace.descriptors import DESCRIPTORS
from copytrace.edits.drawing.scenes import draw_picture
from reports_read import read_report

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]


@pytest.mark.needs("demo")
def test_the_demo_plays_a_whole_challenge_with_every_descriptor(
    copytrace: Callable[..., Run], tmp_path: Path
) -> None:
    run = copytrace("demo", "--json")
    assert run.returncode == 0, run.stderr
    played = {one["model"]: one for one in json.loads(run.stdout)}
    assert set(played) == {card.name for card, _ in DESCRIPTORS if card.usable}
    for one in played.values():
        for track in ("score", "matching"):
            score = one[track]
            assert (score["queries"], score["true_pairs"]) == (80, 40)
            assert 0.15 < score["micro_ap"] < 1
            assert score["interval"][0] < score["micro_ap"] < score["interval"][1]
        assert "45 that copytrace drew" in one["pictures"]
        assert one["matching"]["micro_ap"] > one["score"]["micro_ap"]
        pairs = read_report((tmp_path / one["report"]).parent)["pairs"]
        true = [pair["reference"]["id"] in pair["query"]["copyOf"] for pair in pairs]
        assert len(pairs) >= 200
        assert min(true.count(True), true.count(False)) >= 40
        assert None not in {pair["query"]["recipe"] for pair in pairs}


def test_the_demo_plays_with_ones_own_photographs(copytrace: Callable[..., Run], tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for seed in range(24):
        draw_picture(seed).save(tmp_path / "photos" / f"{seed}.jpg")
    run = copytrace("demo", "--images", "photos", "-o", "mine")
    assert run.returncode == 0, run.stderr
    assert "micro-AP" in run.stdout
    assert "See the matches: mine/" in run.stdout
    refused = copytrace("demo", "--images", "photos", "-o", "mine")
    assert refused.returncode == 2
    assert "--replace" in refused.stderr
    again = copytrace("demo", "--images", "photos", "-o", "mine", "--replace")
    assert again.returncode == 0, again.stderr


def test_the_demo_leaves_a_folder_alone_that_no_demo_made(
    copytrace: Callable[..., Run], tmp_path: Path
) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "diary.txt").write_text("mine")
    run = copytrace("demo")
    assert run.returncode == 2
    assert "contains other files" in run.stderr
    assert (tmp_path / "demo" / "diary.txt").read_text() == "mine"
