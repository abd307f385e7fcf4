"""The whole workflow on a small scale: make a challenge, describe, find, verify, pack, check and score."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.descriptors import DEFAULT, DESCRIPTORS
from copytrace.errors import SubmissionError
from copytrace.files import check_output_folder
from copytrace.images import list_images
from copytrace.pipelines.build_benchmark import build_benchmark
from copytrace.pipelines.check import check
from copytrace.pipelines.demo_photos import write_demo_photos
from copytrace.pipelines.describe import describe
from copytrace.pipelines.find_copies import find_copies
from copytrace.pipelines.pack import pack
from copytrace.pipelines.report_matches import report_matches
from copytrace.pipelines.score_submission import score
from copytrace.progress import SILENT, Progress
from copytrace.submissions import read_truth, write_matches

if TYPE_CHECKING:
    from copytrace.descriptors import Card
    from copytrace.pipelines.decide import Found, Pair
    from copytrace.progress import Bar
    from copytrace.records import Score

QUERIES = 80
REFERENCES = 40
COPIES = 0.5
SEED = 2021
MARK = ".copytrace-demo"
"""A file that marks a demo's folder."""


@dataclass(frozen=True)
class Verified:
    """The result of comparing the pictures of the closest pairs.

    Attributes:
        score: score of its submission to the matching track.
        matches: that submission.
        report: the page with its matches.
        likely: number of pairs called likely copies.
        right: how many of these are copies.
        best: the pair with the highest probability of a copy.
    """

    score: Score
    matches: Path
    report: Path
    likely: int
    right: int
    best: Pair


@dataclass(frozen=True)
class Played:
    """The result of a descriptor in the demo challenge.

    Attributes:
        model: the descriptor.
        pictures: source of the challenge's pictures, in words.
        challenge: the folder of the challenge.
        score: score of its submission to the descriptor track.
        images_per_second: how fast it described them, decoding included.
        submission: its submission to the descriptor track.
        verified: its submission to the matching track; None except for the default descriptor, as verification
            takes longer than everything else.
    """

    model: str
    pictures: str
    challenge: Path
    score: Score
    images_per_second: float
    submission: Path
    verified: Verified | None


def run_demo(
    folder: Path, *, images: Path | None = None, replace: bool = False, progress: Progress = SILENT
) -> tuple[Played, ...]:
    """Make a small challenge in `folder`, and run every installed descriptor on it.

    Args:
        folder: gets `challenge/` and a folder for each descriptor.
        images: photographs to make it from; by default those in installed packages, and drawings.
        replace: an earlier demo in the folder may be replaced.
        progress: reports progress.

    Returns:
        The default descriptor, then the others by descending micro-AP.

    Raises:
        MissingDependencyError: no photographs were given, and the packages that contain some are not installed.
        InputError: too few photographs were given, or the folder holds something else.
    """
    check_output_folder(folder, MARK, replace=replace, inputs=[images])
    _begin(folder)
    cards = [card for card, _ in DESCRIPTORS if card.usable]
    with progress.task("demo", 1 + len(cards), "steps") as bar:
        bar.show("makes a challenge")
        pictures = _make_challenge(folder / "challenge", images)
        bar.advance()
        played = [_play(card, pictures, folder, bar) for card in cards]
        bar.show("")
    return tuple(sorted(played, key=lambda one: (one.verified is None, -one.score.micro_ap)))


def _make_challenge(folder: Path, images: Path | None) -> str:
    """Make the challenge; returns the source of its pictures, in words."""
    with tempfile.TemporaryDirectory(prefix="copytrace-demo-") as temporary:
        photos, pictures = images or Path(temporary), f"pictures of {images}"
        if images is None:
            pictures = write_demo_photos(photos)
        references, queries = _sizes(photos)
        build_benchmark(photos, folder, references=references, queries=queries, copies=COPIES, seed=SEED)
    return pictures


def _begin(folder: Path) -> None:
    """Create the folder, or replace it."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    (folder / MARK).touch()


def _sizes(photos: Path) -> tuple[int, int]:
    """The number of references and queries, fewer if there are few photographs: about half become references."""
    # A tenth is spare, since near-duplicates are skipped.
    count = int(0.9 * len(list_images(photos, ids="path")))
    references = min(REFERENCES, int(0.6 * count))
    return references, min(QUERIES, int((count - references) / (1 - COPIES)))


def _play(card: Card, pictures: str, folder: Path, bar: Bar) -> Played:
    """Describe, pack, check and score with one descriptor; with the default one, also find and verify."""
    challenge, mine = folder / "challenge", folder / card.name
    mine.mkdir(exist_ok=True)
    bar.show(f"describes with {card.name}")
    begun = time.monotonic()
    queries, references = mine / "queries.h5", mine / "references.h5"
    described = [
        describe(challenge / "queries", queries, model=card.name),
        describe(challenge / "references", references, model=card.name),
    ]
    seconds = time.monotonic() - begun
    submission = mine / "submission.h5"
    pack(queries, references, output=submission)
    _check(submission, challenge)
    verified = None
    if card.name == DEFAULT:
        bar.show("compares pictures")
        found = find_copies(queries, references)
        verified = _verified(found, challenge, mine, f"The demo challenge: {pictures}")
    bar.advance()
    return Played(
        model=card.name,
        pictures=pictures,
        challenge=challenge,
        score=score(submission, challenge / "truth.csv"),
        images_per_second=sum(one.images for one in described) / seconds,
        submission=submission,
        verified=verified,
    )


def _verified(found: Found, challenge: Path, mine: Path, title: str) -> Verified:
    """Write, check and score the verified pairs, and write a page that shows them."""
    matches = mine / "matches.csv"
    write_matches(matches, found.matches)
    _check(matches, challenge)
    page = report_matches(
        found,
        mine / "report",
        title=title,
        truth=challenge / "truth.csv",
        recipe=challenge / "recipe.jsonl",
        query_images=challenge / "queries",
        reference_images=challenge / "references",
    )
    truth = read_truth(challenge / "truth.csv")
    true = set(zip(truth.pair_query_ids, truth.pair_reference_ids, strict=True))
    copies = found.copies
    return Verified(
        score=score(matches, challenge / "truth.csv"),
        matches=matches,
        report=page,
        likely=len(copies),
        right=sum((pair.query_id, pair.reference_id) in true for pair in copies),
        best=found[0],
    )


def _check(submission: Path, challenge: Path) -> None:
    report = check(
        submission, queries=challenge / "query_ids.txt", references=challenge / "reference_ids.txt"
    )
    if not report.valid:
        raise SubmissionError(report.faults)
