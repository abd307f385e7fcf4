"""Lookups that compare pictures; all tests that do not change the library share it."""

from __future__ import annotations

import json
import sqlite3
import tarfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from copytrace.edits.drawing.scenes import draw_picture
from copytrace.errors import InputError
from copytrace.library import COLUMNS, Library, lookups
from copytrace.pipelines.find_copies import find_copies

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def draw(folder: Path, *seeds: int) -> Path:
    folder.mkdir(exist_ok=True)
    for seed in seeds:
        draw_picture(seed).resize((320, 240)).save(folder / f"{seed}.jpg", quality=90)
    return folder


def kept(library: Library) -> int:
    """The number of pictures with stored features."""
    database = sqlite3.connect(library._place.keypoints)
    try:
        return int(database.execute("SELECT count(*) FROM keypoints").fetchone()[0])
    finally:
        database.close()


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("verified") / "photos", 3, 4, 5, 6)


@pytest.fixture(scope="module")
def cropped(photos: Path) -> Path:
    """The left three quarters of 5.jpg."""
    path = photos.parent / "cropped.png"
    Image.open(photos / "5.jpg").crop((0, 0, 240, 240)).save(path)
    return path


@pytest.fixture(scope="module")
def library(photos: Path) -> Iterator[Library]:
    Library.create(photos.parent / "library", model="gist")
    with Library.open(photos.parent / "library") as opened:
        opened.add(photos, workers=1)
        yield opened


def test_a_copy_is_reported_with_its_probability_position_and_edits(library: Library, cropped: Path) -> None:
    found = library.lookup(cropped, prior=0.2)
    best = found.hits[0]
    assert (found.verified, len(found.hits)) == (True, 4)
    assert (best.id, best.verdict, best.likely_copy, best.identical, best.compared) == (
        "5.jpg",
        "copy",
        True,
        False,
        True,
    )
    assert best.probability is not None
    assert 0.95 < best.probability < 1
    assert best.likelihood_ratio is not None
    assert best.likelihood_ratio > 1000
    assert best.explanation is not None
    assert best.explanation.query_quad is not None
    assert best.explanation.query_quad == pytest.approx(
        np.array([[0, 0], [320, 0], [320, 240], [0, 240]]), abs=3
    )
    assert best.explanation.edits[0].startswith("cropped to 7")
    assert [hit.id for hit in found.copies] == ["5.jpg"]


def test_an_identical_file_is_a_copy_for_certain(library: Library, photos: Path) -> None:
    best = library.lookup(photos / "4.jpg", k=1).hits[0]
    assert (best.id, best.probability, best.likelihood_ratio, best.identical) == ("4.jpg", 1, None, True)


def test_probabilities_are_those_of_a_search(library: Library, photos: Path, cropped: Path) -> None:
    found = find_copies(cropped, photos, model="gist", ids="path", workers=1, prior=0.2)
    hits = library.lookup(cropped, prior=0.2).hits
    assert [(hit.id, hit.probability) for hit in hits] == [
        (match.reference_id, match.score) for match in found.matches
    ]


def test_a_picture_in_memory_is_verified_too(library: Library, cropped: Path) -> None:
    picture = Image.open(cropped)
    for given in (cropped.read_bytes(), picture, np.asarray(picture)):
        assert library.lookup(given, k=1, effort="low", prior=0.2).hits[0].verdict == "copy"


def test_the_threshold_is_a_probability_and_without_verification_a_score(
    library: Library, cropped: Path
) -> None:
    assert not library.lookup(cropped, threshold=1).copies
    with pytest.raises(InputError, match="must be a probability from 0 to 1"):
        library.lookup(cropped, threshold=-0.5)
    with pytest.raises(InputError, match="must be at most 0"):
        library.lookup(cropped, threshold=0.5, verify=False)
    with pytest.raises(InputError, match="The prior is 1"):
        library.lookup(cropped, prior=1)


def test_lookups_by_vector_say_that_they_are_not_verified(library: Library) -> None:
    [found] = library.lookup_vectors(np.ones((1, 256), np.float32), k=1)
    assert found.verified is False
    [hit] = found.hits
    assert (hit.verdict, hit.probability, hit.likelihood_ratio, hit.compared) == (None, None, None, False)
    assert found.to_dicts()[0]["probability"] is None


def test_views_find_a_turned_copy_without_verification(library: Library, photos: Path) -> None:
    turned = Image.open(photos / "3.jpg").transpose(Image.Transpose.ROTATE_90)
    straight, seen = (library.lookup(turned, verify=False, effort=effort) for effort in ("low", "default"))
    assert seen.hits[0].id == "3.jpg"
    assert seen.hits[0].score > max(hit.score for hit in straight.hits)


def test_many_pictures_are_verified_at_once(library: Library, photos: Path) -> None:
    found, failures = library.lookup_images(photos, k=1, effort="low", workers=1)
    assert failures == ()
    assert [(each.verified, each.hits[0].id, each.hits[0].probability) for each in found] == [
        (True, f"{number}.jpg", 1.0) for number in range(3, 7)
    ]


def test_every_result_has_the_documented_columns(library: Library, cropped: Path) -> None:
    found = library.lookup(cropped, k=2)
    for row in found.to_dicts():
        assert list(row) == list(COLUMNS)
    table = found.to_arrow()
    assert table.column("probability").to_pylist() == [hit.probability for hit in found.hits]
    assert json.loads(table.column("edits")[0].as_py()) == list(found.hits[0].explanation.edits)  # type: ignore[union-attr]
    json.dumps(found.to_dict())


def test_features_stay_when_the_pictures_are_gone_and_without_them_nothing_is_claimed(
    cropped: Path, tmp_path: Path
) -> None:
    moving = draw(tmp_path / "moving", 5, 6)
    Library.create(tmp_path / "library", model="gist")
    with Library.open(tmp_path / "library") as library:
        library.add(moving, workers=1)
        (moving / "6.jpg").unlink()
        first = {hit.id: hit for hit in library.lookup(cropped, effort="low").hits}
        assert (first["6.jpg"].compared, first["6.jpg"].verdict, first["6.jpg"].likely_copy) == (
            False,
            "unclear",
            False,
        )
        (moving / "5.jpg").unlink()
        assert library.lookup(cropped, effort="low").hits[0].probability == first["5.jpg"].probability


def test_features_are_found_on_addition_if_asked_and_go_with_their_item(tmp_path: Path) -> None:
    photos = draw(tmp_path / "photos", 0, 1, 2)
    Library.create(tmp_path / "library", model="gist", keypoints=True)
    with Library.open(tmp_path / "library") as library:
        library.add(photos, workers=1)
        assert kept(library) == 3
        library.remove(["0.jpg"])
        assert kept(library) == 2
        draw_picture(9).resize((320, 240)).save(photos / "1.jpg")
        library.sync(photos, workers=1)
        assert (len(library), kept(library)) == (3, 3)


def test_what_another_process_removes_during_a_lookup_leaves_no_features(
    cropped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = draw(tmp_path / "photos", 5, 3)
    Library.create(tmp_path / "library", model="gist")
    verify = lookups.verify_pairs

    def removing(*arguments: object, **options: object) -> object:
        with Library.open(tmp_path / "library") as other:
            other.remove(["3.jpg"], purge=True)
        return verify(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(lookups, "verify_pairs", removing)
    with Library.open(tmp_path / "library") as library:
        library.add(photos, workers=1)
        assert library.lookup(cropped, effort="low").hits[0].id == "5.jpg"
        assert kept(library) == 1


def test_members_of_tar_files_are_verified(photos: Path, cropped: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "photos.tar", "w") as tar:
        tar.add(photos / "5.jpg", "5.jpg")
    Library.create(tmp_path / "library", model="gist")
    with Library.open(tmp_path / "library") as library:
        library.add(tmp_path / "photos.tar", workers=1)
        assert library.lookup(cropped, effort="low", prior=0.2).hits[0].verdict == "copy"
        (tmp_path / "photos.tar").unlink()
        library._place.keypoints.unlink()
    with Library.open(tmp_path / "library") as library:
        assert library.lookup(cropped, effort="low").hits[0].compared is False


def test_a_library_of_the_first_format_is_still_read(tmp_path: Path) -> None:
    Library.create(tmp_path / "library", model="gist")
    with Library.open(tmp_path / "library") as library:
        database = library._catalogue._database
        settings = json.loads(
            database.execute("SELECT value FROM setting WHERE name = 'settings'").fetchone()[0]
        )
        del settings["keypoints"]
        database.execute("UPDATE setting SET value = 1 WHERE name = 'format'")
        database.execute("UPDATE setting SET value = ? WHERE name = 'settings'", (json.dumps(settings),))
    with Library.open(tmp_path / "library") as library:
        assert library.settings.keypoints is False
