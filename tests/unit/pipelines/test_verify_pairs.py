from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from copytrace.edits.drawing.scenes import draw_picture
from copytrace.engines import LocalEngine, open_ledger
from copytrace.errors import ImageError
from copytrace.matching import VERIFIERS
from copytrace.pipelines.describe_keypoints import describe_keypoints
from copytrace.pipelines.pictures import pictures_of
from copytrace.pipelines.sides import Side
from copytrace.pipelines.verify_pairs import QUERIES, Judged, Verification, verify_pairs
from copytrace.progress import SILENT
from copytrace.records import ClosestPairs, Descriptors
from copytrace.vectors import open_descriptors, write_descriptors

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    from copytrace.pipelines.pictures import Pictures

REFERENCES = 2
COUNT = QUERIES + 1
"""Number of queries: enough for two tasks."""
PAIRS = ClosestPairs(
    query=np.repeat(np.arange(COUNT), REFERENCES),
    reference=np.tile(np.arange(REFERENCES), COUNT),
    distance=np.arange(COUNT * REFERENCES, dtype=np.float64),
)
HOW = Verification(VERIFIERS[0], prior=0.01)


class Idle(LocalEngine):
    """An engine that must not receive any tasks."""

    def map_unordered(self, work: Callable[[Any], Any], tasks: Iterable[Any], **_: Any) -> Generator[Any]:  # noqa: ARG002
        assert list(tasks) == []
        yield from ()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sets of nine queries: the first is the first reference, and the second a crop of the other one."""
    folder = tmp_path_factory.mktemp("sets")
    references = [draw_picture(seed) for seed in (3, 4)]
    crop = references[1].crop((20, 20, references[1].width, references[1].height))
    others = [draw_picture(seed).resize((90, 70)) for seed in range(20, 20 + COUNT - 2)]
    for name, pictures in (("r", references), ("q", [references[0], crop, *others])):
        (folder / name).mkdir()
        paths = [f"{name}{number}.png" for number in range(len(pictures))]
        for path, picture in zip(paths, pictures, strict=True):
            picture.save(folder / name / path)
        write_descriptors(
            folder / f"{name}.h5",
            Descriptors(
                [path[:-4] for path in paths],
                np.zeros((len(paths), 1), np.float32),
                "pdq",
                source=str(folder / name),
                paths=paths,
                content_sha256=[
                    hashlib.sha256((folder / name / path).read_bytes()).hexdigest() for path in paths
                ],
            ),
        )
    return folder


@contextmanager
def _sides(folder: Path) -> Iterator[tuple[Pictures, Pictures]]:
    with open_descriptors(folder / "q.h5") as queries, open_descriptors(folder / "r.h5") as references:
        yield pictures_of(Side(queries)), pictures_of(Side(references))


def _verify(
    folder: Path, parts: Path, engine: LocalEngine, how: Verification = HOW, sharing: int | None = None
) -> Judged:
    with _sides(folder) as sides, open_ledger(parts, parts) as ledger:
        return verify_pairs(
            PAIRS, *sides, how, (2, ""), sharing=sharing, engine=engine, ledger=ledger, progress=SILENT
        )


def test_each_pair_gets_the_verdict_on_its_own_pictures(folder: Path, tmp_path: Path) -> None:
    judged = _verify(folder, tmp_path / "parts", LocalEngine(1))
    verdicts = [judgement and judgement.verdict for judgement in judged.judgements]
    assert verdicts[:3] == ["copy", "none", "none"]
    assert verdicts[3] in {"copy", "probable"}
    assert verdicts.count("copy") + verdicts.count("probable") == 2
    assert (judged.failures, judged.left_out) == ([], 0)
    first, crop = judged.judgements[0], judged.judgements[3]
    assert first is not None
    assert crop is not None
    assert (first.probability, crop.probability < 1) == (1.0, True)
    assert judged.details[3].explanation.edits[0].startswith("cropped to ")


def test_the_prior_is_shared_by_all_candidates_or_by_as_many_as_the_caller_says(
    folder: Path, tmp_path: Path
) -> None:
    by_two, by_one = (
        _verify(folder, tmp_path / "parts", LocalEngine(1), sharing=sharing).judgements[1]
        for sharing in (None, 1)
    )
    assert by_two is not None
    assert by_one is not None
    odds = [one.probability / (1 - one.probability) for one in (by_two, by_one)]
    assert odds[1] / odds[0] == pytest.approx((0.01 / 0.99) / (0.005 / 0.995))


def test_finished_comparisons_are_not_repeated_and_may_get_another_prior(
    folder: Path, tmp_path: Path
) -> None:
    before = _verify(folder, tmp_path / "parts", LocalEngine(1))
    even = Verification(VERIFIERS[0], prior=0.5)
    after = _verify(folder, tmp_path / "parts", Idle(1), even)
    for one, other in zip(before.judgements, after.judgements, strict=True):
        assert one is not None
        assert other is not None
        assert one.log_ratio == other.log_ratio
        assert one.probability <= other.probability
    assert before.details.keys() <= after.details.keys()
    assert np.array_equal(before.details[3].evidence.matrix, after.details[3].evidence.matrix)


def test_features_of_references_are_kept_beside_their_set_and_those_of_queries_are_not(
    folder: Path, tmp_path: Path
) -> None:
    _verify(folder, tmp_path / "parts", LocalEngine(1))
    assert (folder / "r.h5.keypoints").exists()
    assert not (folder / "q.h5.keypoints").exists()


def test_a_mirrored_query_is_judged_alike_whether_its_features_are_kept_or_not(
    folder: Path, tmp_path: Path
) -> None:
    mirrored = tmp_path / "mirrored"
    (mirrored / "q").mkdir(parents=True)
    picture = ImageOps.mirror(Image.open(folder / "r" / "r1.png"))
    picture.save(mirrored / "q" / "m.png")
    digest = hashlib.sha256((mirrored / "q" / "m.png").read_bytes()).hexdigest()
    vectors = np.zeros((1, 1), np.float32)
    described = Descriptors(
        ["m"], vectors, "pdq", source=str(mirrored / "q"), paths=["m.png"], content_sha256=[digest]
    )
    write_descriptors(mirrored / "q.h5", described)
    pair = ClosestPairs(np.array([0]), np.array([1]), np.zeros(1))
    found = []
    for keep in (False, True):
        if keep:
            describe_keypoints(mirrored / "q.h5", workers=1)
        with (
            open_descriptors(mirrored / "q.h5") as queries,
            open_descriptors(folder / "r.h5") as references,
            open_ledger(tmp_path / f"{keep}", tmp_path / f"{keep}") as ledger,
        ):
            sides = pictures_of(Side(queries)), pictures_of(Side(references))
            judged = verify_pairs(
                pair, *sides, HOW, (2, ""), engine=LocalEngine(1), ledger=ledger, progress=SILENT
            )
        found.append((judged.judgements, judged.details[0].evidence.learned))
    assert found[0] == found[1]
    assert found[0][1] > 0


def test_a_query_that_cannot_be_read_is_a_failure_and_the_others_are_compared(
    folder: Path, tmp_path: Path
) -> None:
    picture = folder / "q" / "q1.png"
    content = picture.read_bytes()
    picture.write_bytes(b"no picture")
    try:
        judged = _verify(folder, tmp_path / "parts", LocalEngine(1))
        with pytest.raises(ImageError, match=r"q1\.png: "):
            _verify(folder, tmp_path / "strict", LocalEngine(1), replace(HOW, strict=True))
    finally:
        picture.write_bytes(content)
    assert [failure.name for failure in judged.failures] == [str(picture)]
    assert judged.judgements[2:4] == [None, None]
    assert None not in judged.judgements[4:]
    assert judged.left_out == 0
    # Once it can be read, an earlier failure does not count.
    again = _verify(folder, tmp_path / "parts", LocalEngine(1))
    assert (again.failures, None in again.judgements) == ([], False)


def test_there_may_be_no_pairs(folder: Path, tmp_path: Path) -> None:
    nothing = np.empty(0, np.int64)
    with _sides(folder) as sides, open_ledger(tmp_path / "parts", tmp_path) as ledger:
        none = ClosestPairs(nothing, nothing, np.empty(0))
        judged = verify_pairs(none, *sides, HOW, (2, ""), engine=Idle(1), ledger=ledger, progress=SILENT)
    assert judged.judgements == []
