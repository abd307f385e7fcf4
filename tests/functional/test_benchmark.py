from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from copytrace.edits.drawing.scenes import draw_picture

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from command_line import CommandLine

    Run = subprocess.CompletedProcess[str]

SIZES = ("--queries", 20, "--references", 15, "--copies", 0.4, "--side", 160)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty drawn pictures in two albums, one of them twice."""
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(40):
        album = folder / f"album{seed % 2}"
        album.mkdir(exist_ok=True)
        draw_picture(seed).save(album / f"{seed:02d}.jpg", quality=90)
    draw_picture(0).save(folder / "again.png")
    return folder


@pytest.fixture(scope="module")
def bench(photos: Path, command_line: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A benchmark that tests read but do not change."""
    folder = tmp_path_factory.mktemp("made") / "bench"
    command_line.run("benchmark", photos, "-o", folder, *SIZES).check_returncode()
    return folder


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def pictures(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.jpg"))}


def test_a_benchmark_has_the_formats_of_the_challenge(
    copytrace: Callable[..., Run], photos: Path, tmp_path: Path
) -> None:
    run = copytrace("benchmark", photos, "-o", "bench", *SIZES, "--json")
    assert run.returncode == 0, run.stderr
    built = json.loads(run.stdout)
    bench = tmp_path / "bench"
    assert sorted(path.name for path in bench.iterdir()) == [
        "queries",
        "query_ids.txt",
        "recipe.jsonl",
        "reference_ids.txt",
        "references",
        "train",
        "truth.csv",
    ]
    assert (built["references"], built["queries"], built["copies"], built["hard"]) == (15, 20, 8, 4)
    assert built["near_duplicates"] == 1
    truth = list(csv.DictReader((bench / "truth.csv").read_text().splitlines()))
    assert len(truth) == 20
    assert sum(bool(row["reference_id"]) for row in truth) == 8
    reference_ids = (bench / "reference_ids.txt").read_text().split()
    assert {row["reference_id"] for row in truth if row["reference_id"]} <= set(reference_ids)
    for path in bench.rglob("*.jpg"):
        with Image.open(path) as picture:
            assert max(picture.size) <= 160


def test_no_photograph_has_two_roles(bench: Path) -> None:
    recipe = lines(bench / "recipe.jsonl")
    references = {line["source"] for line in recipe if line.get("role") == "reference"}
    training = {line["source"] for line in recipe if line.get("role") == "train"}
    strangers = {line["source"] for line in recipe if "query" in line and line["reference"] is None}
    copied = {line["source"] for line in recipe if line.get("reference")}
    assert copied <= references
    assert not references & training
    assert not references & strangers
    assert not training & strangers
    assert len({"again.png", "album0/00.jpg"} & (references | training | strangers)) <= 1


def test_a_copy_says_how_much_of_it_can_be_seen(bench: Path) -> None:
    for line in lines(bench / "recipe.jsonl"):
        if line.get("query"):
            assert ("visible" in line) == (line["reference"] is not None)
            assert all(0 <= share <= 1 for share in line.get("visible", {}).values())
            assert 1 <= len(line["steps"]) <= 6


def test_held_out_edits_are_kept_back_unless_asked_for(
    copytrace: Callable[..., Run], photos: Path, tmp_path: Path
) -> None:
    everything_but = "geometry,quality,overlay,frame,composite,warp,artistic"
    run = copytrace(
        "benchmark", photos, "-o", "bench", *SIZES, "--held-out", everything_but, "--mixes", "light"
    )
    assert run.returncode == 0, run.stderr
    edits = {
        step["edit"] for line in lines(tmp_path / "bench" / "recipe.jsonl") for step in line.get("steps", [])
    }
    assert edits
    from copytrace.edits import EDITS

    assert edits <= {edit.name for edit in EDITS if edit.family == "colour"}


def test_a_replay_gives_the_same_bytes(
    copytrace: Callable[..., Run], photos: Path, bench: Path, tmp_path: Path
) -> None:
    run = copytrace("benchmark", photos, "-o", "again", "--replay", bench / "recipe.jsonl")
    assert run.returncode == 0, run.stderr
    assert pictures(tmp_path / "again") == pictures(bench)
    for name in ("recipe.jsonl", "truth.csv", "query_ids.txt", "reference_ids.txt"):
        assert (tmp_path / "again" / name).read_bytes() == (bench / name).read_bytes()


def test_another_seed_gives_another_benchmark(
    copytrace: Callable[..., Run], photos: Path, bench: Path, tmp_path: Path
) -> None:
    copytrace("benchmark", photos, "-o", "other", *SIZES, "--seed", 1)
    assert (tmp_path / "other" / "truth.csv").read_bytes() != (bench / "truth.csv").read_bytes()


def test_an_interrupted_run_is_finished_by_the_same_call_and_refuses_another(
    copytrace: Callable[..., Run], photos: Path, bench: Path, tmp_path: Path
) -> None:
    # A killed run leaves its settings, and pictures without ground truth.
    left = tmp_path / "left"
    shutil.copytree(bench, left)
    (left / "truth.csv").unlink()
    (left / ".parts").mkdir()
    settings = lines(bench / "recipe.jsonl")[0]["benchmark"]
    (left / ".parts" / "settings.json").write_text(json.dumps(settings, indent=1))
    refused = copytrace("benchmark", photos, "-o", left, *SIZES, "--seed", 7)
    assert refused.returncode == 2
    assert "interrupted benchmark of other settings" in refused.stderr
    assert copytrace("benchmark", photos, "-o", left, *SIZES).returncode == 0
    assert (left / "truth.csv").read_bytes() == (bench / "truth.csv").read_bytes()
    assert not (left / ".parts").exists()


def test_a_request_for_more_than_there_is_leaves_nothing_behind(
    copytrace: Callable[..., Run], photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    for output in ("new", "empty"):
        refused = copytrace("benchmark", photos, "-o", output, *SIZES, "--queries", 500)
        assert refused.returncode == 2
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--queries", 500], "need 315 photographs"),
        (["--copies", 2], "copies is 2.0; expected a share from 0 to 1"),
        (["--mixes", "brutal"], "mixes are brutal; expected some of light, medium, hard, adversarial"),
        (["--held-out", "teleport"], "teleport"),
        (["--side", 3], "longest_side is 3; expected at least 16 pixels"),
    ],
)
def test_an_invalid_setting_is_explained(
    copytrace: Callable[..., Run], photos: Path, arguments: list[object], sentence: str
) -> None:
    run = copytrace("benchmark", photos, "-o", "bench", *SIZES, *arguments)
    assert run.returncode == 2
    assert sentence in " ".join(run.stderr.split())
    assert "Traceback" not in run.stderr


def test_a_folder_with_something_else_is_left_alone(
    copytrace: Callable[..., Run], photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "diary.txt").write_text("mine")
    run = copytrace("benchmark", photos, "-o", "bench", *SIZES)
    assert run.returncode == 2
    assert "is not empty" in run.stderr
    assert [path.name for path in (tmp_path / "bench").iterdir()] == ["diary.txt"]


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        '{"query": "Q1"}',
        '{"query": "Q1", "reference": null, "source": "a"}',
        '{"role": "train", "id": "../../T1", "source": "a"}',
    ],
)
def test_a_recipe_that_cannot_be_read_names_its_line(
    copytrace: Callable[..., Run], photos: Path, tmp_path: Path, line: str
) -> None:
    (tmp_path / "recipe.jsonl").write_text(line + "\n")
    run = copytrace("benchmark", photos, "-o", "bench", "--replay", "recipe.jsonl")
    assert run.returncode == 2
    assert "recipe.jsonl: line 1: " in run.stderr


def test_a_replay_without_its_photographs_names_the_first_that_is_missing(
    copytrace: Callable[..., Run], bench: Path, tmp_path: Path
) -> None:
    (tmp_path / "few").mkdir()
    draw_picture(3).save(tmp_path / "few" / "a.jpg")
    run = copytrace("benchmark", "few", "-o", "again", "--replay", bench / "recipe.jsonl")
    assert run.returncode == 2
    assert "photographs are missing" in run.stderr
