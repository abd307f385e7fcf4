"""The whole job on a small scale: make a challenge, describe, find, pack, check and score."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.descriptors import DESCRIPTORS
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
from copytrace.submissions import write_matches

if TYPE_CHECKING:
    from copytrace.records import Score

QUERIES = 80
REFERENCES = 40
COPIES = 0.5
SEED = 2021
MARK = ".copytrace-demo"
"""A file that only a demo's folder has."""


@dataclass(frozen=True)
class Played:
    """How a descriptor fared in the demo challenge.

    Attributes:
        model: the descriptor.
        pictures: what the challenge is made from, in words.
        score: of its submission to the descriptor track.
        matching: of its submission to the matching track: its closest pairs, verified.
        images_per_second: how fast it described them, decoding included.
        matches: its submission to the matching track.
        submission: its submission to the descriptor track.
        report: the page that shows its matches.
    """

    model: str
    pictures: str
    score: Score
    matching: Score
    images_per_second: float
    matches: Path
    submission: Path
    report: Path


def run_demo(
    folder: Path, *, images: Path | None = None, replace: bool = False, progress: Progress = SILENT
) -> tuple[Played, ...]:
    """Make a small challenge in `folder`, and let every descriptor that is installed play it.

    Args:
        folder: gets `challenge/` and a folder for each descriptor.
        images: photographs to make it from; by default those that ship inside installed packages, and drawings.
        replace: an earlier demo in the folder may be replaced.
        progress: hears how far the work is.

    Returns:
        the descriptors, by falling micro-AP in the matching track.

    Raises:
        MissingDependencyError: no photographs were given and the packages that ship some are not installed.
        InputError: too few photographs were given, or the folder holds something else.
    """
    check_output_folder(folder, MARK, replace=replace, inputs=[images])
    _begin(folder)
    with tempfile.TemporaryDirectory(prefix="copytrace-demo-") as temporary:
        if images is None:
            photos = Path(temporary)
            pictures = write_demo_photos(photos)
        else:
            photos, pictures = images, f"pictures of {images}"
        challenge = folder / "challenge"
        references, queries = _sizes(photos)
        build_benchmark(
            photos,
            challenge,
            references=references,
            queries=queries,
            copies=COPIES,
            seed=SEED,
            progress=progress,
        )
    played = [
        _play(card.name, pictures, challenge, folder, progress) for card, _ in DESCRIPTORS if card.usable
    ]
    return tuple(sorted(played, key=lambda one: -one.matching.micro_ap))


def _begin(folder: Path) -> None:
    """Make the folder anew."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    (folder / MARK).touch()


def _sizes(photos: Path) -> tuple[int, int]:
    """The demo's references and queries, or what fewer photographs allow: about half of them become references."""
    # A tenth is kept back for near-duplicates, which fall out.
    count = int(0.9 * len(list_images(photos, ids="path")))
    references = min(REFERENCES, int(0.6 * count))
    return references, min(QUERIES, int((count - references) / (1 - COPIES)))


def _play(model: str, pictures: str, challenge: Path, folder: Path, progress: Progress) -> Played:
    """Describe, find, verify, pack, check and score with one descriptor."""
    mine = folder / model
    mine.mkdir(exist_ok=True)
    begun = time.monotonic()
    queries, references = mine / "queries.h5", mine / "references.h5"
    described = [
        describe(challenge / "queries", queries, model=model, progress=progress),
        describe(challenge / "references", references, model=model, progress=progress),
    ]
    seconds = time.monotonic() - begun
    found = find_copies(queries, references, progress=progress)
    write_matches(mine / "matches.csv", found.matches)
    submission = mine / "submission.h5"
    pack(queries, references, output=submission)
    for path in (submission, mine / "matches.csv"):
        report = check(path, queries=challenge / "query_ids.txt", references=challenge / "reference_ids.txt")
        if not report.valid:
            raise SubmissionError(report.faults)
    page = report_matches(
        found,
        mine / "report",
        title=f"The demo challenge, described by {model}: {pictures}",
        truth=challenge / "truth.csv",
        recipe=challenge / "recipe.jsonl",
        query_images=challenge / "queries",
        reference_images=challenge / "references",
        progress=progress,
    )
    return Played(
        model=model,
        pictures=pictures,
        score=score(submission, challenge / "truth.csv", progress=progress),
        matching=score(mine / "matches.csv", challenge / "truth.csv", progress=progress),
        images_per_second=sum(one.images for one in described) / seconds,
        matches=mine / "matches.csv",
        submission=submission,
        report=page,
    )
