from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.deduplication.candidates import FEWEST, NEAREST, Neighbourhood, find_neighbourhood
from copytrace.deduplication.companions import companions, forget
from copytrace.deduplication.groups import group
from copytrace.deduplication.keep import KEEP, order_by
from copytrace.images import Facts
from copytrace.progress import SILENT
from copytrace.vectors import DescriptorSetWriter, open_descriptors

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.deduplication import Picture
    from copytrace.records import FloatArray


def neighbourhood_of(vectors: FloatArray, folder: Path) -> Neighbourhood:
    with DescriptorSetWriter(folder / "set.h5", model="gist") as writer:
        writer.append([str(row) for row in range(len(vectors))], vectors.astype(np.float32))
    with open_descriptors(folder / "set.h5") as stored:
        rows = np.arange(len(vectors))
        return find_neighbourhood(stored, rows, threads=1, memory=None, progress=SILENT)


def test_each_pair_is_there_once_and_no_picture_with_itself(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).standard_normal((12, 4)).astype(np.float32)
    # More equal vectors than a picture is searched for.
    vectors = np.concatenate([vectors, np.zeros((NEAREST + 5, 4))])
    pairs = neighbourhood_of(vectors, tmp_path).pairs()
    assert all(low < high for low, high in pairs)
    assert list(pairs.values()) == sorted(pairs.values())
    for (low, high), far in pairs.items():
        assert far == pytest.approx(np.square(vectors[low] - vectors[high]).sum(), rel=1e-6)


def test_the_closest_pairs_are_compared_and_those_that_are_close_in_any_number() -> None:
    count = 4 * FEWEST
    rows = np.arange(count)
    # Each picture has two others close by and one far away.
    near = np.stack([(rows + step) % count for step in (1, 2, 3)], axis=1)
    distance = np.tile([0.1, 0.1, 0.9], (count, 1))
    pairs = Neighbourhood(rows, near, distance).pairs()
    assert len(pairs) == 2 * count
    assert set(pairs.values()) == {0.1}
    few = Neighbourhood(rows[:8], near[:8] % 8, distance[:8]).pairs()
    assert len(few) == 24


def test_a_pair_stands_among_the_other_neighbours_of_its_query() -> None:
    near = Neighbourhood(np.arange(5), np.array([[1, 2, 3]] * 5), np.array([[0.2, 0.6, 0.8]] * 5))
    found = near.retrieval(0, 0.2, 0.05, "model")
    assert (found.distance, found.candidates, found.references) == (0.25, 3, 5)
    assert found.gap == pytest.approx(0.42)
    assert near.retrieval(0, 0.9, 0.0, "model").gap == pytest.approx(-0.62)


def test_a_chain_does_not_join_unrelated_pictures() -> None:
    stars = group([0, 1, 2, 3], [(0, 1), (1, 2), (2, 3)], [])
    assert stars.copies == {0: [1], 2: [3]}


def test_a_picture_of_the_same_scene_joins_a_group_but_is_no_copy() -> None:
    stars = group([0, 1, 2, 3, 4], [(0, 1)], [(2, 1), (2, 0), (4, 3)])
    assert stars.copies == {0: [1]}
    assert stars.same_scene == {0: [2], 3: [4]}


def test_identical_files_are_a_group_without_another_copy() -> None:
    stars = group([0, 1], [], [(0, 1)], {0, 1})
    assert (stars.copies, stars.same_scene) == ({0: [], 1: []}, {})


@pytest.mark.parametrize(
    ("rule", "first"),
    [
        ("best", "large.jpg"),
        ("oldest", "old.jpg"),
        ("newest", "new.jpg"),
        ("largest", "heavy.jpg"),
        ("shortest-path", "x.jpg"),
    ],
)
def test_a_rule_says_which_picture_to_keep(
    rule: str, first: str, tmp_path: Path, pictured: Callable[..., Picture]
) -> None:
    facts = {
        "large.jpg": Facts(300, 200, 50, "2020:01:01 00:00:00"),
        "old.jpg": Facts(100, 200, 50, "2001:01:01 00:00:00"),
        "new.jpg": Facts(100, 200, 40, "2024:01:01 00:00:00"),
        "heavy.jpg": Facts(100, 100, 90),
        "x.jpg": Facts(10, 10, 1),
    }
    for name in facts:
        (tmp_path / name).write_text(name)
    pictures = [pictured(tmp_path / name, known) for name, known in facts.items()]
    forget()
    assert min(pictures, key=lambda picture: order_by(rule, picture)).id == first  # type: ignore[arg-type]
    assert rule in KEEP
    (tmp_path / "x.cr2").write_text("raw")
    forget()
    assert min(pictures, key=lambda picture: order_by(rule, picture)).id == "x.jpg"  # type: ignore[arg-type]


def test_a_file_named_after_two_pictures_belongs_to_neither(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png", "a.xmp", "a.jpg.xmp", "b.JPG", "B.ARW", "b.txt"):
        (tmp_path / name).write_text(name)
    forget()
    assert [path.name for path in companions(tmp_path / "a.jpg")] == ["a.jpg.xmp"]
    assert [path.name for path in companions(tmp_path / "b.JPG")] == ["B.ARW"]
    assert companions(Path("nowhere") / "a.jpg") == []
