from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from typer.testing import CliRunner

from copytrace.cli import duplicates as verb
from copytrace.cli.app import app
from copytrace.edits.drawing.scenes import draw_picture
from reports_read import read_report

if TYPE_CHECKING:
    from collections.abc import Callable

Run = subprocess.CompletedProcess[str]

KINDS = {
    "small.jpg": "resized",
    "sub/twin.jpg": "identical",
    "again.jpg": "re-encoded",
    "part.png": "cropped",
    "mirrored.jpg": "edited",
}


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture, five copies of it, and another picture."""
    folder = tmp_path_factory.mktemp("duplicates") / "photos"
    (folder / "sub").mkdir(parents=True)
    draw_picture(6).resize((320, 240)).save(folder / "other.jpg")
    picture = draw_picture(5).resize((480, 360))
    picture.save(folder / "original.jpg", quality=95)
    shutil.copy(folder / "original.jpg", folder / "sub" / "twin.jpg")
    picture.save(folder / "again.jpg", quality=60)
    picture.resize((320, 240)).save(folder / "small.jpg", quality=90)
    picture.crop((0, 0, 360, 360)).save(folder / "part.png")
    picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).resize((400, 300)).save(folder / "mirrored.jpg")
    (folder / "small.xmp").write_text("edits")
    return folder


@pytest.fixture
def photos(collection: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(collection, tmp_path / "photos"))


def kinds(groups: list[dict[str, object]]) -> list[tuple[object, dict[str, object]]]:
    """For each group, the picture to keep, and the kinds of the others."""
    return [
        (group["keep"]["id"], {member["id"]: member["kind"] for member in group["members"]})  # type: ignore[index,attr-defined]
        for group in groups
    ]


@pytest.mark.usefixtures("photos")
def test_copies_are_found_reported_and_shown(copytrace: Callable[..., Run], tmp_path: Path) -> None:
    run = copytrace(
        *("duplicates", "photos", "--model", "gist", "--prior", "0.2", "--workers", "1", "--json"),
        *("-o", "groups.csv", "--report", "report"),
    )
    assert run.returncode == 0, run.stderr
    answer = json.loads(run.stdout)
    assert kinds(answer["groups"]) == [("original.jpg", KINDS)]
    assert (answer["pictures"], answer["copies"]) == (7, 5)
    member = answer["groups"][0]["members"][0]
    assert (member["id"], member["probability"], member["identical"]) == ("sub/twin.jpg", 1, True)
    with (tmp_path / "groups.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["role"] for row in rows] == ["keep", *["copy"] * 5]
    assert {row["id"]: row["kind"] for row in rows[1:]} == KINDS
    assert (rows[0]["path"], rows[0]["width"], rows[0]["height"]) == ("photos/original.jpg", "480", "360")
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "<b>The kept picture over the candidate</b>" in page
    assert not re.search(r">[^<]*\b(query|reference)\b[^<]*<", page, re.IGNORECASE)
    assert read_report(tmp_path / "report")["roles"]["queries"] == "candidates"
    assert not (tmp_path / "groups.csv.parts").exists()


def test_sets_and_libraries_have_the_same_groups(copytrace: Callable[..., Run], photos: Path) -> None:
    for name in ("again.jpg", "part.png", "mirrored.jpg"):
        (photos / name).unlink()
    options = ("--prior", "0.2", "--workers", "1", "--json")
    copytrace("describe", "photos", "-o", "set.h5", "--model", "gist", "--ids", "path", "--workers", "1")
    copytrace("library", "create", "agency", "--model", "gist")
    copytrace("library", "add", "agency", "photos", "--workers", "1")
    of_set = json.loads(copytrace("duplicates", "set.h5", *options).stdout)["groups"]
    assert kinds(of_set)[0][0] == "original.jpg"
    of_library = json.loads(copytrace("duplicates", "agency", *options).stdout)["groups"]
    assert kinds(of_library) == kinds(of_set)
    assert of_library[0]["keep"]["path"] == str(photos / "original.jpg")


def test_copies_are_moved_and_restored(copytrace: Callable[..., Run], photos: Path, tmp_path: Path) -> None:
    for name in ("again.jpg", "part.png", "mirrored.jpg"):
        (photos / name).unlink()
    move = ("duplicates", "photos", "--model", "gist", "--prior", "0.2", "--workers", "1", "--action", "move")
    refused = copytrace(*move, "--to", "away")
    assert refused.returncode == 2
    assert "asks for confirmation, which needs a terminal. To skip it, add --yes." in refused.stderr
    run = copytrace(*move, "--to", "away", "--yes", "--journal", "moved.jsonl")
    assert run.returncode == 0, run.stderr
    assert "2 of 4 images are copies of one to keep" in run.stdout
    assert "To undo this: copytrace duplicates --undo moved.jsonl" in run.stderr
    assert sorted(path.name for path in photos.rglob("*.*")) == ["original.jpg", "other.jpg"]
    assert (tmp_path / "away" / "small.xmp").exists()
    undone = copytrace("duplicates", "--undo", "moved.jsonl")
    assert undone.stdout == "3 files restored\n"
    assert (photos / "sub" / "twin.jpg").exists()


def test_an_action_asks_first(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in photos.glob("*.*"):
        if path.name != "original.jpg":
            path.unlink()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(verb, "_someone_is_there", lambda: True)
    link = ["duplicates", "photos", "--model", "gist", "--workers", "1", "--action", "hardlink"]
    no = CliRunner().invoke(app, link, input="n\n")
    assert "Link 1 copies (1 files" in no.output
    assert not (photos / "sub" / "twin.jpg").samefile(photos / "original.jpg")
    CliRunner().invoke(app, link, input="y\n")
    assert (photos / "sub" / "twin.jpg").samefile(photos / "original.jpg")
    assert len(list(tmp_path.glob("duplicates-*.jsonl"))) == 1


def test_what_cannot_be_done_is_said_in_a_sentence(copytrace: Callable[..., Run], photos: Path) -> None:
    cases = (
        ((), "Name a folder"),
        (("photos", "--action", "move", "--yes"), "Use --action move and --to DIR together"),
        (("photos", "--to", "away"), "Use --action move and --to DIR together"),
        (("photos", "--action", "move", "--to", photos / "part.png", "--yes"), "expected a folder"),
        (("photos", "--action", "move", "--to", "photos/away", "--yes"), "would be found again"),
        (("nothing",), "no such file or directory"),
        (("photos", "--undo", "journal"), "Leave out SOURCE"),
        (("--undo", "journal"), "journal: cannot be read"),
    )
    for arguments, message in cases:
        run = copytrace("duplicates", *arguments)
        assert (run.returncode, message in run.stderr) == (2, True), run.stderr
