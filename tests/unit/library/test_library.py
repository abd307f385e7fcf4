from __future__ import annotations

import io
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from copytrace.descriptors import DEFAULT, Background, Normalisation, Projection, write_background
from copytrace.errors import (
    CopytraceError,
    DescriptorError,
    ImageError,
    InputError,
    MissingDependencyError,
    SearchError,
    SourceError,
)
from copytrace.library import Library, additions, library_model, segments
from copytrace.pipelines.describe import describe
from copytrace.records import Failure
from copytrace.search import nearest
from copytrace.vectors import query_vectors, read_descriptors, reference_vectors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Paint = Callable[[Path, int], Path]


def ids_of(library: Library) -> list[str]:
    return [item.id for item in library.items()]


def nearest_id(library: Library, picture: Path) -> str | None:
    """The item whose file is identical to a picture, if there is one."""
    return next((hit.id for hit in library.lookup(picture, verify=False).hits if hit.identical), None)


def searched(query: Path, photos: Path, folder: Path, *, model: str) -> list[tuple[str, float]]:
    """All photos by descending score, as a search of two descriptor sets ranks them."""
    for images, name in ((query, "q.h5"), (photos, "r.h5")):
        describe(images, folder / name, model=model, ids="path", workers=1)
    queries, references = read_descriptors(folder / "q.h5"), read_descriptors(folder / "r.h5")
    found = nearest(query_vectors(queries), reference_vectors(references), len(references))
    ids = [references.ids[row] for row in found.reference[0].tolist()]
    return list(zip(ids, (0.0 - found.distance[0]).tolist(), strict=True))


def seal(library: Library) -> None:
    segments.seal(library._place, library._catalogue)


def test_what_was_added_is_found_with_its_path_and_metadata(library: Library, photos: Path) -> None:
    changes = library.add(photos, metadata={"c.png": {"licence": "CC BY"}})
    assert (changes.added, changes.failures, len(library)) == (6, (), 6)

    found = library.lookup(photos / "c.png", k=2, verify=False)

    assert len(found.hits) == 2
    best = found.hits[0]
    assert (best.id, best.path, best.score) == ("c.png", str(photos / "c.png"), 0)
    assert (best.likely_copy, best.identical, best.decision, best.metadata) == (
        True,
        True,
        None,
        {"licence": "CC BY"},
    )
    assert [hit.id for hit in found.copies] == ["c.png"]


def test_a_path_bytes_a_picture_and_an_array_are_looked_up_alike(library: Library, photos: Path) -> None:
    library.add(photos)
    image = Image.open(photos / "b.png")
    pictures = (
        photos / "b.png",
        str(photos / "b.png"),
        (photos / "b.png").read_bytes(),
        image,
        np.asarray(image),
    )
    for picture in pictures:
        assert [(hit.id, hit.score) for hit in library.lookup(picture, k=1, verify=False).hits] == [
            ("b.png", 0)
        ]
    grey = np.asarray(image.convert("L"))
    assert len(library.lookup(grey, verify=False).hits) == 6


def test_what_is_no_picture_is_refused(library: Library, photos: Path) -> None:
    library.add(photos)
    with pytest.raises(ImageError, match="no such file"):
        library.lookup(photos / "z.png")
    with pytest.raises(ImageError, match="not an image"):
        library.lookup(b"Dear reader")
    with pytest.raises(InputError, match=r"\(2, 2\) float64; expected \(height, width, 3\)"):
        library.lookup(np.zeros((2, 2)))


def test_scores_are_those_of_a_search_of_sets(
    library: Library, photos: Path, tmp_path: Path, painted: Paint
) -> None:
    library.add(photos)
    query = painted(tmp_path / "query.png", 99)
    hits = library.lookup(query, verify=False).hits
    assert [(hit.id, hit.score) for hit in hits] == searched(query, photos, tmp_path, model="gist")


def test_a_model_with_a_bias_gives_the_scores_of_a_search_of_sets(photos: Path, tmp_path: Path) -> None:
    Library.create(tmp_path / "shipped")
    with Library.open(tmp_path / "shipped") as library:
        assert library.settings.biased
        library.add(photos, workers=1)
        seal(library)
        library.add(photos / "a.png")
        query = tmp_path / "query.jpg"
        Image.open(photos / "d.png").save(query)
        hits = library.lookup(query, verify=False).hits
        assert [(hit.id, hit.score) for hit in hits] == searched(query, photos, tmp_path, model=DEFAULT)
        identical = library.lookup(photos / "d.png", verify=False).hits[0]
        assert (identical.id, identical.score, identical.identical) == ("d.png", 0, True)

        library.export(tmp_path / "set.h5")
        exported = read_descriptors(tmp_path / "set.h5")
        described = describe(photos, tmp_path / "described.h5", ids="path", workers=1)
        assert exported.ids == read_descriptors(described.output).ids
        assert exported.bias is not None
        assert exported.bias.tolist() == read_descriptors(described.output).bias.tolist()  # type: ignore[union-attr]
        by_vector = library.lookup_vectors(exported.vectors[3:4], exported.bias[3:4])
        assert by_vector[0].hits[0].score == pytest.approx(-exported.bias[3])
        with pytest.raises(DescriptorError, match="its model needs a bias for each vector"):
            library.lookup_vectors(exported.vectors[:1])


def test_vectors_are_looked_up_without_the_model(library: Library, photos: Path, tmp_path: Path) -> None:
    library.add(photos)
    library.export(tmp_path / "set.h5")
    vectors = read_descriptors(tmp_path / "set.h5").vectors
    found = library.lookup_vectors(vectors[[4, 1]], k=1)
    assert [[hit.id for hit in each.hits] for each in found] == [["e.png"], ["b.png"]]
    assert found[0].hits[0].identical is None
    with pytest.raises(DescriptorError, match="its model has no bias for each vector"):
        library.lookup_vectors(vectors, np.ones(6, np.float32))
    with pytest.raises(SearchError, match="dimensions"):
        library.lookup_vectors(vectors[:, :9].copy())


def test_results_convert_to_dictionaries_arrow_and_pandas(
    library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add(photos, metadata={"a.png": {"credit": "Ü"}})
    found = library.lookup(photos / "a.png", k=2, verify=False)
    assert found.to_dicts()[0]["metadata"] == {"credit": "Ü"}
    table = found.to_arrow()
    assert table.column("id").to_pylist()[0] == "a.png"
    assert table.num_rows == 2
    strict = library.lookup(photos / "a.png", k=2, verify=False, threshold=0).to_arrow()
    assert strict.column("likely_copy").to_pylist() == [True, False]
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingDependencyError, match="pip install pandas"):
        found.to_pandas()


def test_an_empty_library_finds_nothing(library: Library, photos: Path) -> None:
    assert len(library) == 0
    assert library.lookup(photos / "a.png").hits == ()
    with pytest.raises(InputError, match="is empty; there is nothing to export"):
        library.export(photos / "set.h5")


def test_adding_again_opens_no_image_and_adds_what_is_new(
    library: Library, photos: Path, painted: Paint
) -> None:
    library.add(photos)
    painted(photos / "g.png", 6)
    changes = library.add(photos, metadata={"a.png": {"licence": "none"}})
    assert (changes.added, changes.unchanged, changes.replaced) == (1, 6, 0)
    item = library.item("a.png")
    assert item is not None
    assert item.metadata == {"licence": "none"}


def test_an_id_that_exists_is_named_and_replaced_only_if_asked(
    library: Library, photos: Path, tmp_path: Path, painted: Paint
) -> None:
    library.add(photos)
    other = painted(tmp_path / "other" / "a.png", 50)
    refused = library.add(other)
    assert refused.added == 0
    assert [str(failure.reason) for failure in refused.failures] == [
        f"its ID 'a.png' belongs to {photos / 'a.png'}. To replace that one, add --replace"
    ]
    assert nearest_id(library, other) is None

    replaced = library.add(other, replace=True)

    assert (replaced.added, replaced.replaced, len(library)) == (0, 1, 6)
    assert nearest_id(library, other) == "a.png"
    assert nearest_id(library, photos / "a.png") is None


def test_a_changed_file_is_described_again_only_if_asked(
    library: Library, photos: Path, painted: Paint
) -> None:
    library.add(photos)
    painted(photos / "a.png", 50)
    [failure] = library.add(photos).failures
    assert failure.reason == "has changed since it was added. To describe it again, add --replace"
    assert library.add(photos, replace=True).replaced == 1
    assert nearest_id(library, photos / "a.png") == "a.png"


def test_a_file_that_moved_keeps_its_vector(library: Library, photos: Path, tmp_path: Path) -> None:
    library.add(photos, metadata={"b.png": {"licence": "CC0"}})
    photos.rename(tmp_path / "elsewhere")
    changes = library.add(tmp_path / "elsewhere")
    assert (changes.moved, changes.added) == (6, 0)
    assert library.stats().open_rows == 6
    item = library.item("b.png")
    assert item is not None
    assert (item.path, item.metadata) == (str(tmp_path / "elsewhere" / "b.png"), {"licence": "CC0"})


def test_an_image_that_cannot_be_read_is_named_and_the_rest_is_added(library: Library, photos: Path) -> None:
    (photos / "bad.png").write_bytes(b"nothing")
    changes = library.add(photos)
    assert changes.added == 6
    assert [failure.name for failure in changes.failures] == [str(photos / "bad.png")]
    with pytest.raises(ImageError, match=r"bad\.png"):
        library.add(photos, strict=True)


def test_removed_items_are_not_found_and_unknown_ones_are_named(library: Library, photos: Path) -> None:
    library.add(photos)
    unknown = library.remove(["c.png", "nope", "c.png"])
    assert [failure.name for failure in unknown] == ["nope"]
    assert nearest_id(library, photos / "c.png") is None
    assert len(library) == len(library.lookup(photos / "c.png", verify=False).hits) == 5


def test_sync_follows_a_folder(library: Library, photos: Path, tmp_path: Path, painted: Paint) -> None:
    library.add(photos, metadata={"a.png": {"credit": "A"}, "b.png": {"credit": "B"}})
    outside = painted(tmp_path / "outside" / "x.png", 70)
    library.add(outside.parent)
    (photos / "a.png").rename(photos / "moved.png")
    painted(photos / "b.png", 51)
    (photos / "c.png").unlink()
    painted(photos / "new.png", 52)

    changes = library.sync(photos)

    assert (changes.added, changes.replaced, changes.removed, changes.unchanged) == (2, 1, 2, 3)
    assert ids_of(library) == ["b.png", "d.png", "e.png", "f.png", "moved.png", "new.png", "x.png"]
    for name, credit in (("moved.png", "A"), ("b.png", "B")):
        item = library.item(name)
        assert item is not None
        assert item.metadata == {"credit": credit}
    assert nearest_id(library, photos / "b.png") == "b.png"


def test_sync_takes_what_is_excluded_for_gone(library: Library, photos: Path) -> None:
    library.add(photos)
    assert library.sync(photos, exclude=["[ab].*"]).removed == 2
    assert ids_of(library) == ["c.png", "d.png", "e.png", "f.png"]


def test_sync_of_a_folder_that_is_not_there_removes_nothing(
    library: Library, photos: Path, tmp_path: Path
) -> None:
    library.add(photos)
    photos.rename(tmp_path / "unmounted")
    photos.mkdir()
    with pytest.raises(SourceError, match="contains no image"):
        library.sync(photos)
    assert len(library) == 6


def test_files_in_an_unreadable_folder_do_not_count_as_deleted(
    library: Library, photos: Path, painted: Paint
) -> None:
    painted(photos / "sub" / "y.png", 53)
    library.add(photos)
    # Root may read everything, so the list contains what another user's would.
    listed = library.listed(photos / "a.png")
    listed.source = str(photos)
    listed.failures = (Failure(str(photos / "sub"), "permission denied"),)
    assert [item.id for item in additions.gone(library._catalogue, listed)] == [
        "b.png",
        "c.png",
        "d.png",
        "e.png",
        "f.png",
    ]


def test_a_changed_file_that_cannot_be_read_keeps_its_item(library: Library, photos: Path) -> None:
    library.add(photos)
    (photos / "a.png").write_bytes(b"half a fi")
    changes = library.sync(photos)
    assert [failure.name for failure in changes.failures] == [str(photos / "a.png")]
    assert len(library) == 6


def test_ids_may_be_stems(photos: Path, tmp_path: Path) -> None:
    Library.create(tmp_path / "stems", model="gist", ids="stem")
    with Library.open(tmp_path / "stems") as library:
        library.add(photos)
        assert ids_of(library) == ["a", "b", "c", "d", "e", "f"]
        (photos / "a.png").rename(photos / "sub.png")
        assert library.sync(photos).removed == 1


def test_many_images_are_looked_up_in_order(library: Library, photos: Path) -> None:
    library.add(photos)
    (photos / "bad.png").write_bytes(b"nothing")
    found, failures = library.lookup_images(photos, k=1, verify=False)
    assert [each.query for each in found] == [str(photos / f"{name}.png") for name in "abcdef"]
    assert all(each.hits[0].identical for each in found)
    assert [failure.name for failure in failures] == [str(photos / "bad.png")]


def test_decisions_are_remembered(library: Library, photos: Path, tmp_path: Path, painted: Paint) -> None:
    library.add(photos)
    query = painted(tmp_path / "query.png", 0)
    digest = library.lookup(query, verify=False).query_sha256
    assert digest is not None
    library.decide(digest, "a.png", "no_copy", by="Ada")
    assert [hit.decision for hit in library.lookup(query, verify=False).hits if hit.id == "a.png"] == [
        "no_copy"
    ]
    [decision] = library.decisions()
    assert (decision["id"], decision["verdict"], decision["decided_by"]) == ("a.png", "no_copy", "Ada")
    with pytest.raises(
        InputError, match="'maybe' is not a verdict; expected one of: copy, same_scene, no_copy"
    ):
        library.decide(digest, "a.png", "maybe")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="has no item 'z'"):
        library.decide(digest, "z", "copy")


def test_open_rows_become_a_segment_and_stay_findable(
    library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch, painted: Paint
) -> None:
    monkeypatch.setattr("copytrace.library.local_shelf.SEALED_AT", 6)
    library.add(photos)
    assert (library.stats().segments, library.stats().open_rows) == (1, 0)
    painted(photos / "g.png", 6)
    library.add(photos)
    assert (library.stats().segments, library.stats().open_rows) == (1, 1)
    assert [nearest_id(library, photos / f"{name}.png") for name in "ag"] == ["a.png", "g.png"]


def test_a_segment_is_written_anew_when_a_quarter_was_removed(library: Library, photos: Path) -> None:
    library.add(photos)
    seal(library)
    library.remove(["a.png"])
    assert (library.stats().removed_rows, library._place.segment(1).exists()) == (1, True)
    library.remove(["b.png"])
    assert library.stats().removed_rows == 0
    assert [path.name for path in library._place.segments.iterdir()] == ["000002.h5"]
    assert nearest_id(library, photos / "c.png") == "c.png"
    library.remove(ids_of(library))
    assert (len(library), list(library._place.segments.iterdir())) == (0, [])
    assert library.lookup(photos / "c.png", verify=False).hits == ()


@pytest.mark.parametrize("place", ["in a segment", "open"])
def test_purging_leaves_nothing_of_an_item_in_any_file(library: Library, photos: Path, place: str) -> None:
    credit = "Name of the person who asked"
    library.add(photos, metadata={"b.png": {"credit": credit}})
    library.export(photos.parent / "set.h5")
    vector = read_descriptors(photos.parent / "set.h5").vectors[1].tobytes()
    if place == "in a segment":
        seal(library)
    digest = library.lookup(photos / "b.png").query_sha256
    assert digest is not None
    assert bytes.fromhex(digest) in library._place.keypoints.read_bytes()
    library.decide(digest, "b.png", "copy")

    library.remove(["b.png"], purge=True)

    left = b"".join(path.read_bytes() for path in library.path.rglob("*") if path.is_file())
    for trace in (credit.encode(), b"b.png", digest.encode(), bytes.fromhex(digest), vector):
        assert trace not in left
    assert nearest_id(library, photos / "c.png") == "c.png"


def test_purging_says_so_if_a_reader_is_in_the_way(
    library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copytrace.library.catalogue.PATIENCE_MS", 10)
    library.add(photos)
    with (
        Library.open(library.path) as writer,
        library._catalogue.reading(),
        pytest.raises(CopytraceError, match="is being read by another process"),
    ):
        library._catalogue.count()
        writer.remove(["b.png"], purge=True)
    assert len(library) == 5


def test_an_open_library_sees_what_others_change(library: Library, photos: Path) -> None:
    with Library.open(library.path) as reader:
        assert reader.lookup(photos / "a.png", verify=False).hits == ()
        library.add(photos)
        assert nearest_id(reader, photos / "a.png") == "a.png"
        seal(library)
        assert nearest_id(reader, photos / "a.png") == "a.png"
        library.remove(["a.png", "b.png"])
        assert nearest_id(reader, photos / "a.png") is None
        assert nearest_id(reader, photos / "c.png") == "c.png"


def test_only_one_process_changes_a_library(library: Library, photos: Path) -> None:
    with (
        Library.open(library.path) as other,
        other._changing(),
        pytest.raises(InputError, match=r"library: another run is writing it\. Wait until it ends\.$"),
    ):
        library.add(photos)


def test_the_exported_set_is_in_the_order_of_its_ids(library: Library, photos: Path, tmp_path: Path) -> None:
    library.add(photos / "d.png")
    seal(library)
    library.add(photos)
    library.remove(["e.png"])
    assert library.export(tmp_path / "set.h5") == 5
    exported = read_descriptors(tmp_path / "set.h5")
    assert exported.ids == ["a.png", "b.png", "c.png", "d.png", "f.png"]
    assert exported.paths == [str(photos / f"{name}.png") for name in "abcdf"]
    assert exported.source == "/"
    described = describe(photos, tmp_path / "described.h5", model="gist", ids="path", workers=1)
    rows = [0, 1, 2, 3, 5]
    assert exported.vectors.tolist() == read_descriptors(described.output).vectors[rows].tolist()
    with pytest.raises(InputError, match="already exists"):
        library.export(tmp_path / "set.h5")
    library._place.segment(1).unlink()
    with pytest.raises(CopytraceError, match=r"000001\.h5: No such file .* copytrace library check"):
        library.export(tmp_path / "set.h5", replace=True)


def test_a_background_of_ones_own_is_kept_with_the_library(photos: Path, tmp_path: Path) -> None:
    bank = tmp_path / "bank.npz"
    generator = np.random.default_rng(0)
    projection = Projection(np.zeros(256, np.float32), np.eye(8, 256, dtype=np.float32))
    vectors = generator.integers(-127, 127, (64, 8), dtype=np.int8)
    write_background(bank, Background(vectors, np.float32(0.01), Normalisation(first=1, last=2), projection))  # type: ignore[arg-type]
    Library.create(tmp_path / "own", model="gist", background=bank)
    bank.unlink()
    with Library.open(tmp_path / "own") as library:
        assert (library.settings.biased, library.settings.dims) == (True, 8)
        library.add(photos, workers=1)
        assert nearest_id(library, photos / "a.png") == "a.png"


def test_another_model_of_the_same_name_is_refused(
    library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(library.settings, model_sha256="00ff")
    monkeypatch.setattr(library_model, "settings_of", lambda *_: other)
    with pytest.raises(DescriptorError, match="its model_sha256 is '', not '00ff'"):
        library.add(photos)


def test_a_model_without_a_threshold_needs_one(
    library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add(photos)
    monkeypatch.setattr(library._catalogue, "settings", replace(library.settings, threshold=None))
    with pytest.raises(DescriptorError, match="No threshold is known for the model 'gist'"):
        library.lookup(photos / "a.png", verify=False)
    assert library.lookup(photos / "a.png", verify=False, threshold=-1).copies


def test_an_unread_buffer_is_no_picture(library: Library) -> None:
    with pytest.raises(ImageError, match="the file is empty"):
        library.lookup(io.BytesIO().read())
