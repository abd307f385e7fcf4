from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING

import pytest

from reports_read import read_report

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]


def test_copies_are_found_from_folders(
    copytrace: Callable[..., Run], suspects: Path, library: Path, tmp_path: Path
) -> None:
    run = copytrace("find", suspects, library, "-o", "matches.csv")
    assert run.returncode == 0, run.stderr
    rows = list(csv.DictReader((tmp_path / "matches.csv").read_text().splitlines()))
    assert len(rows) == 10 * 3
    # A sentence, the headings, and the closest pairs.
    assert len(run.stdout.splitlines()) == 2 + 3
    assert "... and 27 more pairs\n" in run.stderr
    assert (rows[0]["query_id"], rows[0]["reference_id"]) == ("Q03", "R03")
    assert 0.95 < float(rows[0]["score"]) < 1
    assert [float(row["score"]) for row in rows] == sorted(
        (float(row["score"]) for row in rows), reverse=True
    )


def test_without_verification_the_distances_of_the_vectors_decide(
    copytrace: Callable[..., Run], suspects: Path, library: Path
) -> None:
    run = copytrace("find", suspects, library, "--no-verify", "--json")
    assert run.returncode == 0, run.stderr
    answer = json.loads(run.stdout)
    pairs = {(match["query_id"], match["reference_id"]) for match in answer["matches"][:2]}
    assert pairs == {("Q03", "R03"), ("Q07", "R07")}
    assert all(match["score"] <= 0 for match in answer["matches"])
    assert answer["verified"] is False
    assert "verify" not in run.stderr


def test_matches_do_not_replace_a_picture_of_the_library(
    copytrace: Callable[..., Run], library: Path, tmp_path: Path
) -> None:
    (tmp_path / "few").mkdir()
    picture = tmp_path / "few" / "R00.jpg"
    picture.write_bytes((library / "R00.jpg").read_bytes())
    run = copytrace(
        *("find", library / "R01.jpg", "few", "-o", picture, "--replace"),
        *("--model", "gist", "--workers", "1"),
    )
    assert run.returncode == 2
    assert "is one of the images to read" in run.stderr
    assert picture.read_bytes() == (library / "R00.jpg").read_bytes()


def test_sets_and_folders_give_the_same_matches(
    copytrace: Callable[..., Run], suspects: Path, library: Path, tmp_path: Path
) -> None:
    copytrace("describe", suspects, "-o", "q.h5")
    copytrace("describe", library, "-o", "r.h5")
    copytrace("find", suspects, library, "-o", "folders.csv")
    copytrace("find", "q.h5", "r.h5", "-o", "sets.csv")
    copytrace("find", suspects, "r.h5", "-o", "mixed.csv")
    folders = (tmp_path / "folders.csv").read_bytes()
    assert (tmp_path / "sets.csv").read_bytes() == folders
    assert (tmp_path / "mixed.csv").read_bytes() == folders


def test_a_single_copy_gets_a_verdict(copytrace: Callable[..., Run], suspects: Path, library: Path) -> None:
    run = copytrace("find", suspects / "Q03.jpg", library)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(("copy of R03 (9", "copy of R03 (>99", "probably a copy of R03 ("))
    raw = copytrace("find", suspects / "Q03.jpg", library, "--no-verify")
    assert raw.stdout.startswith("likely copy of R03\n")


def test_a_single_picture_that_is_not_a_copy_gets_a_verdict(
    copytrace: Callable[..., Run], suspects: Path, library: Path
) -> None:
    run = copytrace("find", suspects / "Q90.jpg", library)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("no copy found (")
    # To a model trained on photographs, drawn scenes are very similar.
    raw = copytrace("find", suspects / "Q90.jpg", library, "--model", "gist", "--no-verify")
    assert raw.stdout.startswith("no copy found\n")


def test_the_threshold_is_a_probability_or_a_score_without_verification(
    copytrace: Callable[..., Run], suspects: Path, library: Path
) -> None:
    one = ("find", suspects / "Q90.jpg", library, "--model", "gist", "--json")
    answer = json.loads(copytrace(*one, "--threshold", "0").stdout)
    assert (answer["threshold"], answer["copies"]) == (0, 10)
    answer = json.loads(copytrace(*one, "--no-verify", "--threshold", "-1000").stdout)
    assert (answer["threshold"], answer["copies"]) == (-1000, 10)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--threshold", "-4.5"), "The threshold is -4.5. It must be a probability from 0 to 1"),
        (("--precision", "90"), "The precision is 90. It must be a probability from 0 to 1"),
        (
            ("--no-verify", "--threshold", "0.9"),
            "With --no-verify it must be at most 0, since scores are minus squared",
        ),
        (("--no-verify", "--precision", "0.9"), "--precision needs probabilities"),
        (("--threshold", "0.9", "--precision", "0.9"), "Use only one of them"),
        (("--prior", "0"), "The prior is 0.0; it must be above 0 and below 1"),
    ],
)
def test_an_impossible_threshold_is_refused_before_any_work(
    copytrace: Callable[..., Run], suspects: Path, library: Path, options: tuple[str, ...], said: str
) -> None:
    run = copytrace("find", suspects, library, *options)
    assert run.returncode == 2
    assert said in run.stderr
    assert "describe" not in run.stderr


def test_a_precision_sets_the_threshold(copytrace: Callable[..., Run], suspects: Path, library: Path) -> None:
    run = copytrace("find", suspects, library, "--model", "gist", "--precision", "0.3", "--json")
    answer = json.loads(run.stdout)
    chances = [match["probability"] for match in answer["matches"]]
    assert answer["threshold"] == chances[answer["copies"] - 1]
    assert sum(chances[: answer["copies"]]) / answer["copies"] >= 0.3
    assert 1 <= answer["copies"] < len(chances)


def test_likelihood_ratios_and_distances_are_shown_on_request(
    copytrace: Callable[..., Run], suspects: Path, library: Path
) -> None:
    run = copytrace("find", suspects / "Q03.jpg", library, "--model", "gist", "--scores")
    assert "likelihood ratio" in run.stdout
    assert "distance" in run.stdout


def test_a_set_without_pictures_gets_advice_on_how_to_continue(
    copytrace: Callable[..., Run], suspects: Path, library: Path, tmp_path: Path
) -> None:
    shutil.copytree(library, tmp_path / "photos")
    copytrace("describe", "photos", "-o", "photos.h5", "--model", "gist")
    (tmp_path / "photos").rename(tmp_path / "moved")
    refused = copytrace("find", suspects, "photos.h5")
    assert refused.returncode == 2
    assert "--reference-images FOLDER; or compare vectors only: --no-verify" in refused.stderr
    assert "describe" not in refused.stderr
    found = copytrace("find", suspects, "photos.h5", "--reference-images", "moved")
    assert found.returncode == 0, found.stderr
    # The features are stored now, so the pictures are no longer needed.
    again = copytrace("find", suspects, "photos.h5")
    assert again.returncode == 0, again.stderr
    assert again.stdout == found.stdout


def test_a_missing_picture_is_a_failure_and_stays_unclear(
    copytrace: Callable[..., Run], suspects: Path, library: Path, tmp_path: Path
) -> None:
    shutil.copytree(library, tmp_path / "photos")
    copytrace("describe", "photos", "-o", "photos.h5", "--model", "gist")
    (tmp_path / "photos" / "R03.jpg").unlink()
    (tmp_path / "photos" / "R04.jpg").write_bytes(b"no picture")
    run = copytrace("find", suspects / "Q03.jpg", "photos.h5", "--json")
    assert run.returncode == 0
    assert "photos/R03.jpg: no such file or directory" in run.stderr
    matches = {match["reference_id"]: match for match in json.loads(run.stdout)["matches"]}
    for gone in ("R03", "R04"):
        assert (matches[gone]["verdict"], matches[gone]["compared"]) == ("unclear", False)
        assert matches[gone]["probability"] == pytest.approx(0.01 / 12)
    assert any(match["compared"] for match in matches.values())


def test_pairs_beyond_the_time_of_a_query_are_not_compared_and_counted(
    copytrace: Callable[..., Run], suspects: Path, library: Path
) -> None:
    run = copytrace(
        *("find", suspects / "Q03.jpg", library, "--model", "gist"), *("--seconds-per-query", "0", "--json")
    )
    assert run.returncode == 0, run.stderr
    matches = json.loads(run.stdout)["matches"]
    assert not any(match["compared"] for match in matches)
    assert "12 of 12 pairs were not compared for lack of time (--seconds-per-query)" in run.stderr


def test_per_query_keeps_each_query_and_max_results_the_best(
    copytrace: Callable[..., Run], suspects: Path, library: Path
) -> None:
    run = copytrace("find", suspects, library, "--per-query", "2", "--json")
    queries = [match["query_id"] for match in json.loads(run.stdout)["matches"]]
    assert sorted(queries) == ["Q03", "Q03", "Q07", "Q07", "Q90", "Q90"]
    run = copytrace("find", suspects, library, "--max-results", "2", "--json")
    assert len(json.loads(run.stdout)["matches"]) == 2


def test_pictures_that_are_left_out_are_counted_on_both_sides(
    copytrace: Callable[..., Run], library: Path, tmp_path: Path
) -> None:
    for side in ("queries", "references"):
        (tmp_path / side / "@eaDir").mkdir(parents=True)
        (tmp_path / side / "a.jpg").write_bytes((library / "R00.jpg").read_bytes())
    (tmp_path / "queries" / "scan.jxl").touch()
    run = copytrace("find", "queries", "references", "--model", "gist", "--json")
    assert json.loads(run.stdout)["left_out"] == {".jxl": 1, "@eaDir/": 2}


def test_the_report_shows_pairs_and_marks_the_true_ones(
    copytrace: Callable[..., Run], suspects: Path, library: Path, tmp_path: Path
) -> None:
    (tmp_path / "truth.csv").write_text("query_id,reference_id\nQ03,R03\nQ07,R07\nQ90,\n")
    run = copytrace(
        "find", suspects, library, "--report", "report", "--truth", "truth.csv", "--max-results", "5"
    )
    assert run.returncode == 0, run.stderr
    pairs = read_report(tmp_path / "report")["pairs"]
    true = [pair["reference"]["id"] in pair["query"]["copyOf"] for pair in pairs]
    assert sorted(true) == [False, False, False, True, True]
    # Five pairs of three queries and five references; each picture appears once.
    assert len(list((tmp_path / "report" / "pictures").glob("*.jpg"))) == 8
    assert (tmp_path / "report" / pairs[0]["query"]["link"]).samefile(
        suspects / f"{pairs[0]['query']['id']}.jpg"
    )
    shown = [path for path in (tmp_path / "report").rglob("*") if path.suffix in {".html", ".css", ".js"}]
    assert [path for path in shown if "http" in path.read_text()] == []


def test_sets_of_different_models_are_refused(
    copytrace: Callable[..., Run], suspects: Path, library: Path
) -> None:
    copytrace("describe", suspects, "-o", "q.h5", "--model", "gist")
    run = copytrace("find", "q.h5", library, "--model", "pdq")
    assert run.returncode == 2
    assert "was made by the model 'gist'" in run.stderr


@pytest.mark.parametrize("side", ["queries", "references"])
def test_a_file_that_is_neither_images_nor_a_set_is_explained(
    copytrace: Callable[..., Run], library: Path, tmp_path: Path, side: str
) -> None:
    (tmp_path / "notes.docx").write_bytes(b"PK\x03\x04 no picture")
    arguments = ["notes.docx", library] if side == "queries" else [library, "notes.docx"]
    run = copytrace("find", *arguments)
    assert run.returncode in {1, 2}
    assert "notes.docx" in run.stderr
    assert "Traceback" not in run.stderr
    assert "describe" not in run.stderr


@pytest.mark.parametrize(
    "case",
    [
        (("-o", "none/matches.csv"), "the folder none does not exist"),
        (("--failures", "photos"), "photos: is a folder"),
        (("--report", "photos"), "photos: contains other files"),
        (("--report", "new", "--truth", "none.csv"), "none.csv: no such file"),
        (("--truth", "photos/notes.txt"), "--truth needs a report"),
    ],
)
def test_unwritable_and_unreadable_paths_are_reported_before_any_work(
    copytrace: Callable[..., Run],
    suspects: Path,
    library: Path,
    tmp_path: Path,
    case: tuple[tuple[str, ...], str],
) -> None:
    options, said = case
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "notes.txt").write_text("mine")
    run = copytrace("find", suspects, library, *options)
    assert run.returncode == 2
    assert said in run.stderr
    assert "describe" not in run.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["photos", "notes.txt"]


def test_a_new_report_replaces_the_old_one_if_asked(
    copytrace: Callable[..., Run], suspects: Path, library: Path, tmp_path: Path
) -> None:
    copytrace("find", suspects, library, "--report", "report")
    again = ("find", suspects / "Q03.jpg", library, "--report", "report", "--max-results", "1")
    assert copytrace(*again).returncode == 2
    assert len(list((tmp_path / "report" / "pictures").iterdir())) > 2
    run = copytrace(*again, "--replace")
    assert run.returncode == 0, run.stderr
    assert len(list((tmp_path / "report" / "pictures").iterdir())) == 2


def test_brackets_in_an_id_are_no_markup(
    copytrace: Callable[..., Run], suspects: Path, library: Path, tmp_path: Path
) -> None:
    query = tmp_path / "beach [red].jpg"
    query.write_bytes((suspects / "Q03.jpg").read_bytes())
    run = copytrace("find", query, library)
    assert run.returncode == 0, run.stderr
    assert "beach [red]" in run.stdout


def test_a_full_disk_is_explained_with_the_place_of_the_report(
    copytrace: Callable[..., Run],
    copytrace_out_of_space: Callable[..., Run],
    suspects: Path,
    library: Path,
    tmp_path: Path,
) -> None:
    for images, output in ((suspects, "q.h5"), (library, "r.h5")):
        copytrace("describe", images, "-o", output, "--model", "gist")
    shown = ("--query-images", suspects, "--reference-images", library)
    run = copytrace_out_of_space(3000, "find", "q.h5", "r.h5", "--no-verify", "--report", "report", *shown)
    assert run.returncode == 1
    assert "report: File too large" in run.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["q.h5", "r.h5"]


def test_matches_name_their_files(
    copytrace: Callable[..., Run], suspects: Path, library: Path, tmp_path: Path
) -> None:
    more = tmp_path / "more"
    more.mkdir()
    (more / "Q77.jpg").write_bytes((suspects / "Q03.jpg").read_bytes())
    queries = (suspects / "Q03.jpg", more)
    fast = ("--model", "gist", "--no-verify", "--per-query", "1", "--exclude", "R1*")
    run = copytrace("find", *queries, library, *fast, "-o", "m.csv", "--paths", "--json")
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert (told["queries"], told["references"]) == (2, 10)
    files = [(match["query_file"], match["reference_file"]) for match in told["matches"]]
    assert sorted(files) == sorted(
        (str(query), str(library / "R03.jpg")) for query in (suspects / "Q03.jpg", more / "Q77.jpg")
    )
    rows = [line.split(",") for line in (tmp_path / "m.csv").read_text().splitlines()]
    assert rows[0] == ["query_id", "reference_id", "score", "query_file", "reference_file"]
    assert [tuple(row[3:]) for row in rows[1:]] == files


def test_many_queries_for_one_reference_get_a_hint(
    copytrace: Callable[..., Run], suspects: Path, library: Path
) -> None:
    run = copytrace("find", library, suspects / "Q03.jpg", "--model", "gist", "--no-verify")
    assert "If you meant the reverse, swap the arguments." in run.stderr
    again = copytrace("find", suspects / "Q03.jpg", library, "--model", "gist", "--no-verify")
    assert "swap" not in again.stderr
