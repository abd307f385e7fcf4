from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from copytrace.library import Library

if TYPE_CHECKING:
    from collections.abc import Callable

Run = subprocess.CompletedProcess[str]

HOLDER = """
import sys
from copytrace.library import Library

with Library.open(sys.argv[1]) as library, library._changing():
    print("changing", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def filled(copytrace: Callable[..., Run], library: Path, tmp_path: Path) -> Path:
    """A library of the twelve drawn pictures, in the folder of the command line."""
    assert copytrace("library", "create", "agency", "--model", "gist", "--ids", "stem").returncode == 0
    (tmp_path / "credits.csv").write_text("id,credit\nR03,Ada\n")
    run = copytrace("library", "add", "agency", library, "--metadata", "credits.csv")
    assert run.returncode == 0, run.stderr
    assert run.stdout == "agency: 12 added; 12 images in all\n"
    return tmp_path / "agency"


@pytest.mark.usefixtures("filled")
def test_copies_are_looked_up_with_paths_and_metadata(
    copytrace: Callable[..., Run], library: Path, suspects: Path, tmp_path: Path
) -> None:
    run = copytrace(
        "library", "lookup", "agency", suspects, "--copies", "--prior", "0.2", "--json", "-o", "hits.csv"
    )
    assert run.returncode == 0, run.stderr
    found = {each["query"]: each["hits"] for each in json.loads(run.stdout)["lookups"]}
    hits = found[str(suspects / "Q03.jpg")]
    assert [(hit["id"], hit["path"], hit["metadata"], hit["verdict"]) for hit in hits] == [
        ("R03", str(library / "R03.jpg"), {"credit": "Ada"}, "copy")
    ]
    assert found[str(suspects / "Q90.jpg")] == []
    with (tmp_path / "hits.csv").open(encoding="utf-8", newline="") as file:
        rows = {Path(row["query"]).name: row for row in csv.DictReader(file)}
    assert "Q90.jpg" not in rows
    assert float(rows["Q03.jpg"]["probability"]) == hits[0]["probability"]
    assert json.loads(rows["Q03.jpg"]["query_quad"]) == hits[0]["query_quad"]

    both = ("library", "lookup", "agency", suspects / "Q03.jpg", library / "R03.jpg", "-k", "2")
    table = copytrace(*both).stdout
    assert "probability" in table
    assert "copy" in table
    assert "identical file" in table
    assert "likely copy" in copytrace(*both, "--no-verify").stdout


@pytest.mark.usefixtures("filled")
def test_metadata_of_unknown_images_is_reported(
    copytrace: Callable[..., Run], library: Path, tmp_path: Path
) -> None:
    (tmp_path / "credits.csv").write_text("id,credit\nR03.jpg,Ada\nR04,Ben\n")
    run = copytrace("library", "add", "agency", library, "--metadata", "credits.csv")
    assert run.returncode == 0
    told = "warning: credits.csv: 1 of 2 IDs are not in the library, such as 'R03.jpg'."
    assert told in run.stderr


@pytest.mark.usefixtures("filled")
def test_items_are_removed_by_id_and_from_a_list(copytrace: Callable[..., Run], tmp_path: Path) -> None:
    (tmp_path / "takedown.txt").write_text("R01\n\nR02\n")
    run = copytrace("library", "remove", "agency", "R00", "--from", "takedown.txt", "--purge")
    assert (run.returncode, run.stdout) == (0, "agency: 3 removed; 9 images left\n")
    again = copytrace("library", "remove", "agency", "R00", "R03", "--json")
    assert again.returncode == 1
    assert json.loads(again.stdout) == {"removed": 1, "items": 8, "unknown": ["R00"]}
    assert "R00: is not in the library" in again.stderr
    nothing = copytrace("library", "remove", "agency")
    assert nothing.returncode == 2
    assert "Name the images to remove" in nothing.stderr
    unread = copytrace("library", "remove", "agency", "--from", "none.txt")
    assert (unread.returncode, "none.txt: cannot be read" in unread.stderr) == (2, True)


def test_a_folder_is_followed_checked_and_exported(
    copytrace: Callable[..., Run], library: Path, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("R00.jpg", "R01.jpg", "R02.jpg"):
        (photos / name).write_bytes((library / name).read_bytes())
    copytrace("library", "create", "mine", "--model", "gist", "--json")
    assert "3 added" in copytrace("library", "sync", "mine", "photos").stdout
    (photos / "R01.jpg").unlink()
    (photos / "R02.jpg").write_bytes(b"half a pict")
    run = copytrace("library", "sync", "mine", "photos", "--failures", "bad.csv", "--json")
    assert run.returncode == 0
    assert json.loads(run.stdout)["removed"] == 1
    assert "R02.jpg" in (tmp_path / "bad.csv").read_text()

    stats = json.loads(copytrace("library", "stats", "mine", "--json").stdout)
    assert (stats["items"], stats["sources"]) == (2, {str(photos): 2})
    assert "2 images" in copytrace("library", "stats", "mine").stdout
    assert copytrace("library", "check", "mine").stdout == "mine: 2 images, sound\n"
    assert copytrace("library", "export", "mine", "-o", "set.h5").stdout == "set.h5: 2 images\n"
    found = copytrace("find", library / "R00.jpg", "set.h5", "--json")
    assert json.loads(found.stdout)["matches"][0]["reference_id"] == "R00.jpg"


def test_a_damaged_library_is_repaired_and_what_is_lost_is_named(
    copytrace: Callable[..., Run], library: Path, filled: Path
) -> None:
    from copytrace.library import segments

    with Library.open(filled) as opened:
        segments.seal(opened._place, opened._catalogue)
        extra = filled.parent / "extra.jpg"
        extra.write_bytes((library / "R05.jpg").read_bytes())
    (filled / "segments" / "000001.h5").unlink()
    looked = copytrace("library", "lookup", "agency", library / "R05.jpg")
    assert looked.returncode == 1
    assert "Repair the library: copytrace library check" in looked.stderr
    run = copytrace("library", "check", "agency", "--json")
    assert (json.loads(run.stdout)["rebuilt"], run.returncode) == (12, 0)
    assert "000001.h5: no such file or directory" in run.stderr
    assert copytrace("library", "lookup", "agency", library / "R05.jpg").returncode == 0


def test_what_cannot_be_done_is_said_in_a_sentence(
    copytrace: Callable[..., Run], library: Path, tmp_path: Path
) -> None:
    cases = (
        (("library", "lookup", "none", library), "none: no such folder"),
        (("library", "create", library), "contains other files"),
        (("library", "create", "new", "--model", "none"), "none"),
        (("library", "add", tmp_path, library), "is not a library"),
    )
    for arguments, message in cases:
        run = copytrace(*arguments)
        assert run.returncode == 2
        assert message in run.stderr
        assert "Traceback" not in run.stderr


def test_a_wrong_path_among_several_adds_nothing(
    copytrace: Callable[..., Run], library: Path, filled: Path
) -> None:
    run = copytrace("library", "add", "agency", library, "missing")
    assert (run.returncode, "missing: no such file" in run.stderr) == (2, True)
    with Library.open(filled) as opened:
        assert len(opened) == 12


def test_a_full_disk_keeps_what_was_acknowledged(
    copytrace_out_of_space: Callable[..., Run], copytrace: Callable[..., Run], library: Path
) -> None:
    copytrace("library", "create", "small", "--model", "gist")
    run = copytrace_out_of_space(40_000, "library", "add", "small", library)
    assert run.returncode == 1
    assert "the disk may be full" in run.stderr
    assert "Traceback" not in run.stderr
    assert "12 added" in copytrace("library", "add", "small", library).stdout


def test_a_library_is_upgraded_from_the_command_line(
    copytrace: Callable[..., Run], library: Path, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("R00.jpg", "R01.jpg"):
        (photos / name).write_bytes((library / name).read_bytes())
    Library.create(tmp_path / "mine", model="gist")
    with Library.open(tmp_path / "mine") as opened:
        opened.add(photos, workers=1)
    (photos / "R01.jpg").unlink()
    command = ("library", "upgrade", "mine", "--model", "pdq", "--failures", "failed.csv", "--workers", "1")
    refused = copytrace(*command)
    assert refused.returncode == 2
    assert (
        "mine: keeps its present model, since 1 of its 2 images cannot be described again" in refused.stderr
    )
    assert (
        tmp_path / "failed.csv"
    ).read_text() == f"image,reason\nR01.jpg,{photos / 'R01.jpg'}: does not exist\n"
    run = copytrace(*command, "--drop-missing", "--json")
    assert run.returncode == 0, run.stderr
    done = json.loads(run.stdout)
    assert (done["model"], done["items"], done["removed"][0]["name"]) == ("pdq", 1, "R01.jpg")
    again = copytrace(*command)
    assert again.stdout == "mine: already described by the model 'pdq' that is installed\n"


def test_two_commands_do_not_change_a_library_at_once(copytrace: Callable[..., Run], filled: Path) -> None:
    command = [sys.executable, "-c", HOLDER, os.fspath(filled)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        run = copytrace("library", "remove", "agency", "R00")
        other.communicate()
    assert run.returncode == 2
    assert "agency: another run is writing it. Wait until it ends." in run.stderr
