from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from copytrace.descriptors import DEFAULT, DESCRIPTORS
from copytrace.edits.drawing.scenes import draw_picture
from copytrace.images import image_size
from copytrace.pipelines.demo_photos import write_demo_photos
from reports_read import read_report

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As many photographs as make a challenge of 18 queries and 12 references."""
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(24):
        draw_picture(seed).resize((320, 240)).save(folder / f"{seed}.jpg")
    return folder


def test_the_demo_plays_a_whole_challenge_with_every_descriptor(
    copytrace: Callable[..., Run], tmp_path: Path, photos: Path
) -> None:
    run = copytrace("demo", "--images", photos, "--json")
    assert run.returncode == 0, run.stderr
    played = {one["model"]: one for one in json.loads(run.stdout)}
    assert set(played) == {card.name for card, _ in DESCRIPTORS if card.usable}
    for one in played.values():
        score = one["score"]
        assert (score["queries"], score["true_pairs"]) == (18, 9)
        assert 0 < score["micro_ap"] <= 1
        assert score["interval"][0] <= score["micro_ap"] <= score["interval"][1]
        assert (one["matching"] is not None) == (one["model"] == DEFAULT)
    verified = played[DEFAULT]
    assert verified["matching"]["micro_ap"] >= verified["score"]["micro_ap"]
    pairs = read_report((tmp_path / verified["report"]).parent)["pairs"]
    true = [pair["reference"]["id"] in pair["query"]["copyOf"] for pair in pairs]
    assert len(pairs) == 180
    assert min(true.count(True), true.count(False)) >= 9
    assert None not in {pair["query"]["recipe"] for pair in pairs}
    refused = copytrace("demo", "--images", photos)
    assert refused.returncode == 2
    assert "--replace" in refused.stderr


def test_the_demo_ends_with_what_was_found_where_to_look_and_what_to_try_next(
    copytrace: Callable[..., Run], tmp_path: Path, photos: Path
) -> None:
    (tmp_path / "few").mkdir()
    for photo in sorted(photos.iterdir())[:10]:
        (tmp_path / "few" / photo.name).hardlink_to(photo)
    # An earlier demo that was interrupted at once.
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / ".copytrace-demo").touch()
    run = copytrace("demo", "--images", "few", "-o", "mine", "--replace")
    assert run.returncode == 0, run.stderr
    found, see, _, _, *commands = run.stdout.splitlines()[-7:]
    assert re.fullmatch(r"Found \d of 4 copies, with (1 false match|\d+ false matches)\.", found)
    assert see == f"See them: {(tmp_path / 'mine' / DEFAULT / 'report' / 'index.html').as_uri()}"
    assert len(commands) == 3
    assert copytrace(*commands[0].split()[1:]).returncode == 0
    assert (tmp_path / "match.png").exists()
    assert len((run.stdout + run.stderr).splitlines()) <= 20


@pytest.mark.needs("demo")
def test_the_demo_comes_with_ninety_pictures(tmp_path: Path) -> None:
    told = write_demo_photos(tmp_path)
    assert told.startswith("45 parts of 20 photographs")
    assert told.endswith("45 drawings by copytrace")
    sizes = [image_size(path.read_bytes(), path.name) for path in tmp_path.iterdir()]
    assert len(sizes) == 90
    assert min(map(min, sizes)) >= 128


def test_the_demo_does_not_touch_other_folders(copytrace: Callable[..., Run], tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "diary.txt").write_text("mine")
    run = copytrace("demo")
    assert run.returncode == 2
    assert "contains other files" in run.stderr
    assert (tmp_path / "demo" / "diary.txt").read_text() == "mine"
