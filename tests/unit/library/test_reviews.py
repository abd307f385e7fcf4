from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from copytrace.images import Thumbnail
from copytrace.library import Hit, Item, ItemExistsError, Library
from copytrace.library.review_queue import ReviewQueue
from copytrace.matching import Judgement

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

JPEG = Thumbnail(b"jpeg", 640, 480)


def _ask(library: Library, query: str, *ids: str) -> None:
    library.ask_about(query, f"{query}.jpg", JPEG, {item_id: {"id": item_id} for item_id in ids})


@pytest.mark.parametrize(
    ("verdict", "probability", "changes", "uncertain"),
    [
        ("probable", 0.8, {}, True),
        ("same_scene", 0.01, {}, True),
        ("unclear", 0.2, {}, True),
        ("unclear", 0.01, {}, False),
        ("copy", 0.99, {}, False),
        ("probable", 0.8, {"decision": "no_copy"}, False),
        ("unclear", 0.2, {"compared": False}, False),
    ],
)
def test_a_person_is_asked_where_a_copy_is_neither_sure_nor_ruled_out(
    verdict: Any, probability: float, changes: dict[str, Any], *, uncertain: bool
) -> None:
    judged = Judgement(verdict, probability, 0.0)
    fields = {"identical": False, "decision": None, "compared": True} | changes
    hit = Hit(id="a", path="/a", score=-0.1, likely_copy=True, metadata={}, judgement=judged, **fields)
    assert hit.uncertain == uncertain


def test_uncertain_matches_await_a_decision_and_are_not_asked_about_again(
    library: Library, photos: Path
) -> None:
    library.add(photos, workers=1)
    _ask(library, "q1", "a.png", "b.png")
    reviews = library.reviews()
    assert [(each.query, each.query_size, each.hit["id"]) for each in reviews] == [
        ("q1.jpg", (640, 480), "a.png"),
        ("q1.jpg", (640, 480), "b.png"),
    ]
    library.decide("q1", "a.png", "no_copy", "Ada")
    assert (library.count_reviews(), library.reviews()[0].hit["id"]) == (1, "b.png")
    _ask(library, "q1", "a.png", "b.png")
    assert library.count_reviews() == 1
    library.undecide("q1", "a.png")
    assert library.count_reviews() == 2


def test_only_pictures_that_are_a_copy_of_nothing_are_negatives(library: Library, photos: Path) -> None:
    library.add(photos, workers=1)
    for query, verdicts in {"q1": ("no_copy", "no_copy"), "q2": ("no_copy", "copy"), "q3": ()}.items():
        _ask(library, query, "a.png", "b.png")
        for item_id, verdict in zip(("a.png", "b.png"), verdicts, strict=False):
            library.decide(query, item_id, verdict)
    assert list(library.not_copies()) == [("q1", b"jpeg")]


def test_a_removed_item_takes_its_matches_and_their_pictures_along(library: Library, photos: Path) -> None:
    library.add(photos, workers=1)
    _ask(library, "q1", "a.png")
    _ask(library, "q2", "a.png", "b.png")
    library.remove(["a.png"])
    assert [each.query_sha256 for each in library.reviews()] == ["q2"]
    assert library.asked_picture("q1") is None
    assert library.asked_picture("q2") == b"jpeg"


def test_a_long_queue_loses_decided_pictures_first(
    library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copytrace.library.review_queue.MOST_PICTURES", 2)
    library.add(photos, workers=1)
    for query in ("q1", "q2"):
        _ask(library, query, "a.png")
    library.decide("q2", "a.png", "copy")
    _ask(library, "q3", "a.png")
    assert [each.query_sha256 for each in library.reviews()] == ["q3", "q1"]
    assert library.asked_picture("q2") is None


def test_a_catalogue_of_an_earlier_version_gets_a_queue(library: Library) -> None:
    database = library._catalogue._database
    database.execute("DROP TABLE asked_match")
    database.execute("DROP TABLE asked_picture")
    with Library.open(library.path) as opened:
        assert opened.count_reviews() == 0
    assert ReviewQueue(database).count() == 0


def test_an_image_of_bytes_is_kept_in_the_library_until_it_is_removed(
    library: Library, photos: Path, painted: Callable[[Path, int], Path]
) -> None:
    data = (photos / "a.png").read_bytes()
    item, new = library.add_bytes("one", data, metadata={"credit": "Ada"})
    assert (new, item.content_sha256) == (True, hashlib.sha256(data).hexdigest())
    again, new = library.add_bytes("one", data, metadata={"licence": "CC0"})
    assert (new, dict(again.metadata)) == (False, {"credit": "Ada", "licence": "CC0"})
    other, _ = library.add_bytes("two", data)
    assert library.lookup(data).hits[0].identical

    changed = painted(photos / "z.png", 99).read_bytes()
    with pytest.raises(ItemExistsError, match="belongs to another image"):
        library.add_bytes("one", changed)
    replaced, new = library.add_bytes("one", changed, replace=True)
    assert (new, replaced.metadata["credit"]) == (True, "Ada")
    assert _files(library) == {item.relative, replaced.relative}
    library.remove(["two", "one"])
    assert _files(library) == set()
    assert isinstance(other, Item)


def _files(library: Library) -> set[str]:
    root = library.path / "images"
    return {str(file.relative_to(root)) for file in root.rglob("*") if file.is_file()}
