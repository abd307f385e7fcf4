"""`copytrace score` on real files, through the real command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest
from PIL import Image

import copytrace as package
from copytrace.submissions import reference_digest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]

TRUTH = "query_id,reference_id\nQ1,R1\nQ2,R2\nQ3,\n"
MATCHES = "query_id,reference_id,score\nQ1,R1,0.9\nQ3,R1,0.8\nQ2,R2,0.7\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The folder that the command line runs in."""
    (tmp_path / "truth.csv").write_text(TRUTH)
    (tmp_path / "matches.csv").write_text(MATCHES)
    return tmp_path


def write_descriptors(path: Path, query: np.ndarray, reference: np.ndarray) -> None:
    """A submission whose queries are Q1, Q2 ... and whose references are R1, R2 ..."""
    with h5py.File(path, "w") as file:
        file["query"] = query.astype(np.float32)
        file["reference"] = reference.astype(np.float32)
        file["query_ids"] = [f"Q{number}".encode() for number in range(1, len(query) + 1)]
        file["reference_ids"] = [f"R{number}".encode() for number in range(1, len(reference) + 1)]


def test_the_table_shows_every_measure(copytrace: Callable[..., Run], files: Path) -> None:
    run = copytrace("score", files / "matches.csv", "--truth", files / "truth.csv")

    assert run.returncode == 0, run.stderr
    lines = [line.split("  ", 1) for line in run.stdout.splitlines()]
    assert {name: rest.split()[0] for name, rest in lines} == {
        "micro-AP": "0.8333",
        "recall at precision 90%": "0.5000",
        "recall@1": "1.0000",
        "recall@10": "1.0000",
        "queries": "3",
        "true pairs": "2",
        "predictions": "3",
    }
    assert "95% interval 0.3333 to 1.0000" in run.stdout
    assert "score >= 0.9" in run.stdout
    assert run.stderr == ""


def test_json_holds_the_documented_keys(copytrace: Callable[..., Run], files: Path) -> None:
    run = copytrace("score", files / "matches.csv", "--truth", "truth.csv", "--json", "--bootstrap", "100")

    assert json.loads(run.stdout) == {
        "micro_ap": pytest.approx(5 / 6),
        "recall_at_p90": 0.5,
        "threshold_at_p90": 0.9,
        "recall_at_1": 1.0,
        "recall_at_10": 1.0,
        "interval": [pytest.approx(1 / 3), 1.0],
        "queries": 3,
        "true_pairs": 2,
        "predictions": 3,
    }


def test_without_bootstrap_and_without_a_precise_rank_there_is_null(
    copytrace: Callable[..., Run], files: Path
) -> None:
    (files / "matches.csv").write_text("query_id,reference_id,score\nQ3,R1,0.8\nQ2,R2,0.7\n")

    run = copytrace("score", "matches.csv", "--truth", "truth.csv", "--json", "--bootstrap", "0")
    table = copytrace("score", "matches.csv", "--truth", "truth.csv", "--bootstrap", "0")

    score = json.loads(run.stdout)
    assert (score["interval"], score["threshold_at_p90"], score["recall_at_p90"]) == (None, None, 0.0)
    assert "no rank reaches this precision" in table.stdout
    assert "interval" not in table.stdout


def test_a_file_with_only_the_header_scores_zero(copytrace: Callable[..., Run], files: Path) -> None:
    (files / "matches.csv").write_text("query_id,reference_id,score\n")

    run = copytrace("score", "matches.csv", "--truth", "truth.csv", "--json")

    score = json.loads(run.stdout)
    assert (score["micro_ap"], score["predictions"], score["interval"]) == (0.0, 0, [0.0, 0.0])


def test_rows_of_other_queries_are_left_out_and_counted(copytrace: Callable[..., Run], files: Path) -> None:
    (files / "matches.csv").write_text(MATCHES + "Q8,R1,0.99\nQ9,R1,0.98\n")

    run = copytrace("score", "matches.csv", "--truth", "truth.csv", "--json", "--bootstrap", "0")

    assert json.loads(run.stdout)["micro_ap"] == pytest.approx(5 / 6)
    assert run.stderr == (
        "matches.csv: 2 of 5 rows are for queries that are not in truth.csv; they were ignored.\n"
    )


def test_the_curve_is_drawn(copytrace: Callable[..., Run], files: Path) -> None:
    for name in ("first.svg", "second.svg", "curve.png"):
        run = copytrace("score", "matches.csv", "--truth", "truth.csv", "--bootstrap", "10", "--plot", name)
        assert run.returncode == 0, run.stderr
        assert run.stderr == f"precision-recall curve: {name}\n"

    assert (files / "first.svg").read_bytes() == (files / "second.svg").read_bytes()
    with Image.open(files / "curve.png") as image:
        assert image.format == "PNG"


def test_a_descriptor_submission_is_scored_by_its_closest_pairs(
    copytrace: Callable[..., Run], files: Path
) -> None:
    # Q1 equals R1, Q2 is close to R2; Q3, which has no original, is closer to R1 than Q2 to R2.
    write_descriptors(
        files / "submission.h5",
        query=np.array([[0, 0], [10, 3], [0, 2]]),
        reference=np.array([[0, 0], [10, 0]]),
    )

    run = copytrace("score", "submission.h5", "--truth", "truth.csv", "--json", "--bootstrap", "0")

    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "micro_ap": pytest.approx((1 + 2 / 3) / 2),
        "recall_at_p90": 0.5,
        "threshold_at_p90": 0.0,
        "recall_at_1": 1.0,
        "recall_at_10": 1.0,
        "interval": None,
        "queries": 3,
        "true_pairs": 2,
        "predictions": 6,
    }
    assert "-0.0" not in run.stdout


def test_a_descriptor_submission_scores_like_the_matches_it_stands_for(
    copytrace: Callable[..., Run], files: Path
) -> None:
    generator = np.random.default_rng(5)
    query, reference = generator.integers(0, 9, (8, 3)), generator.integers(0, 9, (40, 3))
    write_descriptors(files / "submission.h5", query, reference)
    # The ground truth covers four of the eight queries, in a different order from the submission's.
    (files / "truth.csv").write_text("query_id,reference_id\nQ7,R1\nQ2,R5\nQ2,R6\nQ4,\nQ1,R9\n")
    distance = ((query[:, None] - reference) ** 2).sum(axis=2)
    judged = [(int(distance[q, r]), q, r) for q in (0, 1, 3, 6) for r in range(40)]
    rows = [f"Q{q + 1},R{r + 1},{-d}\n" for d, q, r in sorted(judged)[: 10 * 4]]
    (files / "matches.csv").write_text("query_id,reference_id,score\n" + "".join(rows))

    scores = [
        json.loads(copytrace("score", name, "--truth", "truth.csv", "--json").stdout)
        for name in ("submission.h5", "matches.csv")
    ]

    assert scores[0] == scores[1]
    assert (scores[0]["queries"], scores[0]["predictions"]) == (4, 40)


def check_refused(run: Run, *parts: str) -> None:
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    assert run.stdout == ""
    for part in parts:
        assert part in run.stderr


def test_a_repeated_pair_is_refused(copytrace: Callable[..., Run], files: Path) -> None:
    (files / "matches.csv").write_text(MATCHES + "Q1,R1,0.5\n")

    check_refused(
        copytrace("score", "matches.csv", "--truth", "truth.csv"),
        "The pair (Q1, R1) is predicted again in prediction 4; each pair may be predicted once.",
    )


def test_a_truth_without_true_pairs_is_refused(copytrace: Callable[..., Run], files: Path) -> None:
    (files / "truth.csv").write_text("query_id,reference_id\nQ1,\n")

    check_refused(
        copytrace("score", "matches.csv", "--truth", "truth.csv"), "The ground truth has no true pair"
    )


@pytest.mark.parametrize(
    ("submission", "truth"),
    [("missing.csv", "truth.csv"), ("matches.csv", "missing.csv"), (".", "truth.csv")],
)
def test_a_file_that_cannot_be_read_is_named(
    copytrace: Callable[..., Run], files: Path, submission: str, truth: str
) -> None:
    assert files.is_dir()
    check_refused(
        copytrace("score", submission, "--truth", truth), "missing.csv" if submission != "." else ".: "
    )


def test_a_query_of_the_truth_without_a_vector_is_named(copytrace: Callable[..., Run], files: Path) -> None:
    write_descriptors(files / "submission.h5", query=np.ones((1, 2)), reference=np.ones((2, 2)))

    check_refused(
        copytrace("score", "submission.h5", "--truth", "truth.csv"),
        "submission.h5: contains no vector for the query Q2 and 1 more, which the ground truth judges",
    )


def test_a_reference_of_the_truth_without_a_vector_is_named(
    copytrace: Callable[..., Run], files: Path
) -> None:
    write_descriptors(files / "submission.h5", np.eye(3), np.ones((1, 3)))

    run = copytrace("score", files / "submission.h5", "--truth", files / "truth.csv")

    assert run.returncode == 2
    assert "submission.h5: contains no vector for the reference R2, which the ground truth names" in " ".join(
        run.stderr.split()
    )


def test_values_that_are_not_finite_are_named_only_where_they_are_judged(
    copytrace: Callable[..., Run], files: Path
) -> None:
    query, reference = np.ones((4, 2)), np.ones((2, 2))
    query[3] = np.nan  # Q4 is not in the ground truth.
    write_descriptors(files / "good.h5", query, reference)
    query[1, 1] = np.inf
    write_descriptors(files / "bad_query.h5", query, reference)
    reference[1, 0] = np.nan
    write_descriptors(files / "bad_reference.h5", np.ones((3, 2)), reference)

    assert copytrace("score", "good.h5", "--truth", "truth.csv").returncode == 0
    check_refused(
        copytrace("score", "bad_query.h5", "--truth", "truth.csv"),
        "bad_query.h5: 'query' row 1 (Q2) contains a value that is not finite",
    )
    check_refused(
        copytrace("score", "bad_reference.h5", "--truth", "truth.csv"),
        "bad_reference.h5: 'reference' row 1, dimension 0 is nan",
    )


@pytest.mark.parametrize(
    ("plot", "message"),
    [
        ("curve.jpg", "a plot can be .svg or .png, not '.jpg'"),
        ("none/curve.svg", "the folder none does not exist"),
    ],
)
def test_a_plot_that_cannot_be_written_is_refused_before_any_work(
    copytrace: Callable[..., Run], files: Path, plot: str, message: str
) -> None:
    (files / "matches.csv").unlink()

    check_refused(copytrace("score", "matches.csv", "--truth", "truth.csv", "--plot", plot), message)


def test_a_submission_of_queries_only_is_scored_with_its_frozen_references(
    copytrace: Callable[..., Run], files: Path
) -> None:
    generator = np.random.default_rng(3)
    reference = generator.normal(size=(6, 8)).astype(np.float32)
    write_descriptors(files / "both.h5", reference[:3], reference)
    with h5py.File(files / "both.h5") as both, h5py.File(files / "queries.h5", "w") as queries:
        queries["query"], queries["query_ids"] = both["query"][:], both["query_ids"][:]
        queries.attrs["reference_sha256"] = reference_digest([f"R{n}" for n in range(1, 7)], reference)
    options = ("--truth", "truth.csv", "--json")

    whole = copytrace("score", "both.h5", *options)
    frozen = copytrace("score", "queries.h5", "--frozen", "both.h5", *options)
    alone = copytrace("score", "queries.h5", *options)

    assert frozen.returncode == 0, frozen.stderr
    assert json.loads(frozen.stdout) == json.loads(whole.stdout)
    assert alone.returncode == 2
    assert "reference" in alone.stderr


def test_paths_may_be_texts(files: Path) -> None:
    score = package.score(str(files / "matches.csv"), str(files / "truth.csv"), bootstrap=0)

    assert score.micro_ap == pytest.approx(5 / 6)
