"""The breakdown of a score, and the mistakes in a report, on a benchmark created with the command line."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from copytrace.edits.drawing.scenes import draw_picture
from reports_read import read_report

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from command_line import CommandLine

    Run = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def challenge(command_line: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a benchmark of 10 copies among 20 queries, and a descriptor's matches."""
    folder = tmp_path_factory.mktemp("challenge")
    (folder / "photos").mkdir()
    for seed in range(36):
        draw_picture(seed).save(folder / "photos" / f"{seed:02d}.jpg", quality=90)
    sizes = ("--queries", "20", "--references", "15", "--copies", "0.5", "--side", "160", "--seed", "3")
    for arguments in (
        ("benchmark", "photos", "-o", "bench", *sizes, "--held-out", "none"),
        ("describe", "bench/queries", "-o", "queries.h5", "--model", "gist"),
        ("describe", "bench/references", "-o", "references.h5", "--model", "gist"),
        ("find", "queries.h5", "references.h5", "-o", "matches.csv", "--max-results", "60"),
    ):
        run = command_line.run(*arguments, cwd=folder)
        assert run.returncode == 0, run.stderr
    return folder


def recipes(challenge: Path) -> dict[str, dict[str, Any]]:
    """The recipe of each copy."""
    lines = map(json.loads, (challenge / "bench" / "recipe.jsonl").read_text().splitlines())
    return {line["query"]: line for line in lines if line.get("reference")}


def score(copytrace: Callable[..., Run], challenge: Path, *more: object) -> Run:
    return copytrace(
        "score", challenge / "matches.csv", "--truth", challenge / "bench/truth.csv", "--bootstrap", 0, *more
    )


def test_json_has_the_groups_of_every_aspect(copytrace: Callable[..., Run], challenge: Path) -> None:
    plain = score(copytrace, challenge, "--json")
    run = score(copytrace, challenge, "--json", "--breakdown", challenge / "bench/recipe.jsonl")

    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    result = json.loads(run.stdout)
    breakdown = result.pop("breakdown")
    assert result == json.loads(plain.stdout)
    assert list(breakdown) == [
        "mix", "edits", "visible_of_reference", "visible_of_query", "strength", "held_out", "family",
        "family_strength", "edit",
    ]  # fmt: skip
    copies = recipes(challenge)
    counts = {row["edits"]: row["true_pairs"] for row in breakdown["edits"]}
    assert counts == {
        str(number): sum(len(line["steps"]) == number for line in copies.values())
        for number in sorted({len(line["steps"]) for line in copies.values()})
    }
    edits = {row["edit"]: row["true_pairs"] for row in breakdown["edit"]}
    assert edits == {
        name: sum(name in {step["edit"] for step in line["steps"]} for line in copies.values())
        for name in edits
    }
    for row in breakdown["edit"]:
        assert row.keys() == {"family", "edit", "true_pairs", "micro_ap", "recall_at_p90"}
        assert 0 <= row["micro_ap"] <= 1
    # Each copy has exactly one number of edits, so the recalls of these groups add up to the recall of all.
    found = sum(row["recall_at_p90"] * row["true_pairs"] for row in breakdown["edits"])
    assert found == pytest.approx(result["recall_at_p90"] * result["true_pairs"])


def test_the_table_names_every_group(copytrace: Callable[..., Run], challenge: Path) -> None:
    run = score(copytrace, challenge, "--breakdown", challenge / "bench/recipe.jsonl")

    assert run.returncode == 0, run.stderr
    for words in ("Mix", "Number of edits", "Visible share of the reference", "Strongest edit's strength"):
        assert words in run.stdout
    for line in recipes(challenge).values():
        for step in line["steps"]:
            assert re.search(rf"^ +{step['edit']} +\d+ +[01]\.\d{{4}} ", run.stdout, re.MULTILINE)
    assert max(map(len, run.stdout.splitlines())) <= 80


def test_the_groups_are_drawn(copytrace: Callable[..., Run], challenge: Path, tmp_path: Path) -> None:
    run = score(
        copytrace, challenge, "--breakdown", challenge / "bench/recipe.jsonl", "--breakdown-plot", "groups.png",
        "--plot", "curve.svg",
    )  # fmt: skip

    assert run.stderr == "precision-recall curve: curve.svg\nbreakdown: groups.png\n"
    with Image.open(tmp_path / "groups.png") as image:
        assert image.format == "PNG"
    assert (tmp_path / "curve.svg").exists()


def test_a_recipe_of_another_tool_needs_no_more_than_names(
    copytrace: Callable[..., Run], challenge: Path, tmp_path: Path
) -> None:
    lines = [
        {"query": query, "reference": line["reference"], "steps": [{"edit": "rot90"}, {"edit": "[b]zap"}]}
        for query, line in recipes(challenge).items()
    ]
    (tmp_path / "other.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

    run = score(copytrace, challenge, "--breakdown", "other.jsonl", "--json")
    table = score(copytrace, challenge, "--breakdown", "other.jsonl")

    assert run.stderr.startswith("other.jsonl: unknown edits are listed under the family 'other': [b]zap.")
    breakdown = json.loads(run.stdout)["breakdown"]
    assert list(breakdown) == ["edits", "held_out", "family", "edit"]
    assert [(row["family"], row["edit"], row["true_pairs"]) for row in breakdown["edit"]] == [
        ("geometry", "quarter-turn", 10),
        ("other", "[b]zap", 10),
    ]
    assert "[b]zap" in table.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--breakdown", "none.jsonl"), "none.jsonl: No such file or directory"),
        (("--breakdown", "wrong.jsonl"), "wrong.jsonl: line 1: is not JSON"),
        (("--breakdown", "other.jsonl"), "has no line for any of the ground truth's 10 copies"),
        (("--breakdown-plot", "groups.svg"), "Add --breakdown RECIPE.jsonl"),
        (("--breakdown", "other.jsonl", "--breakdown-plot", "groups.pdf"), "a plot can be .svg or .png"),
    ],
)
def test_a_breakdown_that_cannot_be_made_is_explained(
    copytrace: Callable[..., Run], challenge: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    (tmp_path / "wrong.jsonl").write_text("no json\n")
    (tmp_path / "other.jsonl").write_text('{"query": "X", "reference": "R", "steps": []}\n')

    run = score(copytrace, challenge, *arguments)

    assert run.returncode == 2
    assert run.stdout == ""
    assert sentence in run.stderr
    assert "Traceback" not in run.stderr


def report(copytrace: Callable[..., Run], challenge: Path, *more: object) -> Run:
    return copytrace(
        "find", challenge / "queries.h5", challenge / "references.h5", "--max-results", 60, "--report", "report",
        "--query-images", challenge / "bench/queries", "--reference-images", challenge / "bench/references",
        *more,
    )  # fmt: skip


def test_the_report_shows_the_worst_mistakes_with_the_recipe_in_words(
    copytrace: Callable[..., Run], challenge: Path, tmp_path: Path
) -> None:
    run = report(
        copytrace, challenge, "--truth", challenge / "bench/truth.csv", "--recipe", challenge / "bench/recipe.jsonl"
    )  # fmt: skip

    assert run.returncode == 0, run.stderr
    pairs = read_report(tmp_path / "report")["pairs"]
    matches = [row.split(",") for row in (challenge / "matches.csv").read_text().splitlines()[1:]]
    truth = {query: line["reference"] for query, line in recipes(challenge).items()}
    found = {query for query, reference, _ in matches if truth.get(query) == reference}
    true = [pair for pair in pairs if pair["reference"]["id"] in pair["query"]["copyOf"]]
    assert len(true) == 10
    assert sum(pair["finding"] == "missed" for pair in true) == 10 - len(found)
    assert len(pairs) - len(true) >= min(40, 60 - len(found))
    assert None not in {pair[role]["file"] for pair in pairs for role in ("query", "reference")}
    assert [] in [pair["query"]["copyOf"] for pair in pairs]
    told = {pair["query"]["recipe"] for pair in true}
    for line in recipes(challenge).values():
        words = ", ".join(
            step["edit"] + (f" {step['strength']:.2f}" if "strength" in step else "")
            for step in line["steps"]
        )
        assert any(words in recipe for recipe in told)


def test_without_a_recipe_the_mistakes_are_shown_without_words(
    copytrace: Callable[..., Run], challenge: Path, tmp_path: Path
) -> None:
    run = report(copytrace, challenge, "--no-verify", "--truth", challenge / "bench/truth.csv")

    assert run.returncode == 0, run.stderr
    pairs = read_report(tmp_path / "report")["pairs"]
    assert sum(pair["reference"]["id"] in pair["query"]["copyOf"] for pair in pairs) == 10
    assert {pair["query"]["recipe"] for pair in pairs} == {None}


def test_without_a_truth_there_are_no_mistakes(
    copytrace: Callable[..., Run], challenge: Path, tmp_path: Path
) -> None:
    (tmp_path / "other.jsonl").write_text('{"query": "X", "reference": "R", "steps": []}\n')

    run = report(copytrace, challenge, "--no-verify", "--recipe", "other.jsonl")

    assert "other.jsonl: has no line for the queries found" in run.stderr
    pairs = read_report(tmp_path / "report")["pairs"]
    assert {pair["query"]["copyOf"] for pair in pairs} == {None}
    assert "missed" not in {pair["finding"] for pair in pairs}
