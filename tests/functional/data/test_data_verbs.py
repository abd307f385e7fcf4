from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for path, text in {
        "queries/Q00000.jpg": "old",
        "queries/Q50000.jpg": "new",
        "references/R000000.jpg": "reference",
        "truth.csv": "query_id,reference_id\n",
        "queries/.hidden": "",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def test_a_manifest_describes_each_file(copytrace: Callable[..., Run], photos: Path) -> None:
    run = copytrace(
        "data", "manifest", photos, "-o", photos / "manifest.csv", "--split", "queries-2=queries/Q[5-9]*"
    )
    assert run.returncode == 0, run.stderr
    rows = [
        line.replace('"', "").split(",") for line in (photos / "manifest.csv").read_text().splitlines()[1:]
    ]
    assert [(row[0], row[1], row[2], row[4]) for row in rows] == [
        ("Q00000", "queries/Q00000.jpg", "3", "queries"),
        ("Q50000", "queries/Q50000.jpg", "3", "queries-2"),
        ("R000000", "references/R000000.jpg", "9", "references"),
        ("truth", "truth.csv", "22", "truth"),
    ]
    assert rows[1][3] == "11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437"


def test_a_file_that_has_to_be_renamed_is_named_before_any_is_read(
    copytrace: Callable[..., Run], tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    for name in ("one.jpg", "two\\three.jpg"):
        (tmp_path / "photos" / name).write_bytes(b"a picture")

    run = copytrace("data", "manifest", "photos")

    assert run.returncode == 2
    assert " ".join(run.stderr.split()) == (
        "error: photos: the path 'two\\\\three.jpg' has a backslash or a control character. Rename this file, then "
        "try again."
    )


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_files_of_a_manifest_can_be_copied_and_verified(
    copytrace: Callable[..., Run], photos: Path, tmp_path: Path, ending: str
) -> None:
    assert copytrace("data", "manifest", photos, "-o", photos / f"manifest.{ending}").returncode == 0
    assert copytrace("data", "get", photos, "-o", "copy").returncode == 0
    run = copytrace("data", "verify", "copy", "--json")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["whole"] == 4
    (tmp_path / "copy/queries/Q00000.jpg").write_text("odd")
    (tmp_path / "copy/queries/Q50000.jpg").write_text("longer")
    (tmp_path / "copy/truth.csv").unlink()
    run = copytrace(
        "data", "verify", "copy", photos / f"manifest.{ending}", "--failures", "bad.csv", "--json"
    )
    assert run.returncode == 1
    assert {failure["name"]: failure["reason"] for failure in json.loads(run.stdout)["failures"]} == {
        "queries/Q00000.jpg": "altered: its SHA-256 does not match the manifest",
        "queries/Q50000.jpg": "has 6 bytes, the manifest says 3",
        "truth.csv": "missing",
    }
    assert (tmp_path / "bad.csv").read_text().startswith("file,reason\n")


def test_the_demo_comes_without_a_network_and_can_be_described(
    copytrace: Callable[..., Run], tmp_path: Path
) -> None:
    for _ in range(2):
        # A folder with the challenge's name does not hide the challenge.
        run = copytrace("data", "get", "demo", "-o", "demo", "--json")
        assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["whole"] == 48
    assert sorted(path.name for path in (tmp_path / "demo").iterdir()) == [
        "manifest.parquet", "queries-1", "queries-2", "references", "train", "truth-1.csv", "truth-2.csv",
    ]  # fmt: skip
    described = copytrace("describe", "demo/references", "-o", "references.h5", "--json")
    assert json.loads(described.stdout)["images"] == 24


def test_a_phase_and_a_kind_choose_among_the_files(copytrace: Callable[..., Run]) -> None:
    run = copytrace("data", "get", "demo", "-o", "demo", "--phase", "2", "--only", "queries", "--json")
    assert json.loads(run.stdout)["files"] == 8
    run = copytrace("data", "get", "demo", "-o", "demo", "--only", "truth", "--only", "queries", "--json")
    assert json.loads(run.stdout)["whole"] == 8
    assert json.loads(run.stdout)["files"] == 8 + 2
    assert json.loads(copytrace("data", "verify", "demo", "--json").stdout)["whole"] == 18
    run = copytrace("data", "get", "demo", "-o", "demo", "--phase", "7")
    assert run.returncode == 2
    assert "Its splits: queries-1 (phase 1), queries-2 (phase 2)" in run.stderr


def test_the_challenge_of_2021_says_that_its_addresses_must_be_filled_in(
    copytrace: Callable[..., Run],
) -> None:
    run = copytrace("data", "get", "isc2021", "-o", "isc")
    assert run.returncode == 2
    assert "its organiser gave it to participants only" in run.stderr
    assert "isc2021.yaml my-isc2021.yaml, fill in the url of a mirror" in run.stderr
    run = copytrace("data", "commands", "isc2021", "--region", "us-west-2", "--phase", "2")
    assert run.returncode == 0
    assert run.stdout == (
        "# us-west-2, US West (Oregon): AWS CLI\n"
        "aws s3 cp s3://ADDRESS-FROM-THE-ORGANISER/final_queries/ ./final_queries/ --recursive --no-sign-request "
        "--region us-west-2\n"
        "# us-west-2, US West (Oregon): s5cmd\n"
        "s5cmd --no-sign-request cp 's3://ADDRESS-FROM-THE-ORGANISER/final_queries/*' ./final_queries/\n"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["get", "isc2022", "-o", "out"], "isc2022: no such file, folder or challenge"),
        (["get", "{photos}", "-o", "out"], "contains none of dataset.yaml, manifest.parquet, manifest.csv"),
        (["get", "demo", "-o", "{photos}/truth.csv"], "is a file; expected a folder"),
        (["get", "demo", "-o", "no/such/folder"], "mkdir -p no/such"),
        (["get", "ftp://host/set", "-o", "out"], "is not a supported address"),
        (
            ["get", "demo", "-o", "out", "--region", "us-west-2"],
            "has no mirror 'us-west-2'. Its mirrors: here.",
        ),
        (["get", "{photos}/queries/Q00000.jpg", "-o", "out"], "is not a description (.yaml), a manifest"),
        (["verify", "{photos}"], "has no manifest.parquet"),
        (["manifest", "nowhere"], "nowhere: no such folder"),
        (["manifest", "{photos}", "-o", "list.txt"], "the extension is '.txt'; expected .parquet or .csv"),
        (["manifest", "{photos}", "--split", "queries"], "is not a split. Expected NAME=PATTERN"),
    ],
)
def test_a_wrong_argument_is_explained(
    copytrace: Callable[..., Run], photos: Path, arguments: list[str], sentence: str
) -> None:
    run = copytrace("data", *(argument.format(photos=photos) for argument in arguments))
    assert run.returncode == 2
    assert sentence in " ".join(run.stderr.replace("│", " ").split())
    assert "Traceback" not in run.stderr


def test_nothing_is_written_through_a_link_that_leads_out(
    copytrace: Callable[..., Run], tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo/train").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "demo/truth-1.csv").symlink_to(tmp_path / "elsewhere/victim.csv")
    run = copytrace("data", "get", "demo", "-o", "demo", "--json")
    assert run.returncode == 1
    assert [failure["name"] for failure in json.loads(run.stdout)["failures"]] == [
        f"train/T{number:06d}.jpg" for number in range(6)
    ]
    assert "leads out of demo through a link" in run.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert not (tmp_path / "demo/truth-1.csv").is_symlink()
