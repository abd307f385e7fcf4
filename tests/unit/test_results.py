"""What the Python API takes and returns; the pictures are the same for all tests."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

import copytrace
from copytrace.edits.drawing.scenes import draw_picture
from copytrace.library import Library

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

    from copytrace import Found

PHOTOS = [draw_picture(seed).resize((320, 240)) for seed in (3, 4, 5)]
CROPPED = PHOTOS[2].crop((0, 0, 240, 240))


def as_bytes(image: Image.Image, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


@pytest.fixture(scope="module")
def found() -> Found:
    """One query that is a crop of the third reference."""
    references = {"a": PHOTOS[0], "b": as_bytes(PHOTOS[1]), "<b>c</b>": np.asarray(PHOTOS[2])}
    return copytrace.find(CROPPED, references, model="gist", prior=0.2, workers=1)


def test_a_picture_has_the_same_vector_in_memory_and_in_a_file(tmp_path: Path) -> None:
    PHOTOS[0].save(tmp_path / "a.png")
    pictures = [tmp_path / "a.png", PHOTOS[0], np.asarray(PHOTOS[0]), as_bytes(PHOTOS[0])]
    described = copytrace.describe(pictures, model="gist")
    assert (described.output, list(described.ids), described.images) == (None, ["0", "1", "2", "3"], 4)
    assert (described.vectors == described.vectors[0]).all()
    assert repr(described) == "<Described: 4 images by gist>"
    written = copytrace.describe(tmp_path / "a.png", tmp_path / "set.h5", model="gist")
    assert (written.vectors[0] == described.vectors[0]).all()


def test_pictures_keep_their_order_however_many_there_are() -> None:
    described = copytrace.describe([CROPPED] * 11, model="gist")
    assert list(described.ids) == [f"{position:02}" for position in range(11)]


def test_a_picture_that_cannot_be_read_is_a_failure_and_the_others_are_described() -> None:
    described = copytrace.describe({"good": CROPPED, "bad": b"no picture"}, model="gist")
    assert (list(described.ids), [failure.name for failure in described.failures]) == (["good"], ["bad"])
    assert repr(described) == "<Described: 1 images by gist, 1 failed>"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "There are no pictures"),
        (7, "this is a int"),
        ([7], "this is a int"),
        (np.zeros((2, 2)), "expected (height, width, 3) RGB"),
    ],
)
def test_bytes_that_are_not_a_picture_are_refused(given: object, sentence: str) -> None:
    with pytest.raises(copytrace.InputError, match=re.escape(sentence)):
        copytrace.describe(given, model="gist")  # type: ignore[arg-type]


def test_a_set_does_not_replace_one_of_its_pictures(tmp_path: Path) -> None:
    CROPPED.save(tmp_path / "a.png")
    with pytest.raises(copytrace.InputError, match="is one of the images"):
        copytrace.describe([tmp_path / "a.png"], tmp_path / "a.png", model="gist", replace=True)


def test_pairs_are_a_sequence_of_which_slices_are_results_too(found: Found) -> None:
    best = found[0]
    assert (best.query_id, best.reference_id, best.verdict, best.likely_copy) == (
        "picture",
        "<b>c</b>",
        "copy",
        True,
    )
    assert best.probability == best.score == found.matches.scores[0]
    assert best.edits[0].startswith("cropped")
    assert (best.query_path, best.compared) == (None, True)
    assert [pair.reference_id for pair in found.copies] == ["<b>c</b>"]
    assert [pair.to_dict() for pair in found[1:]] == found.to_dicts()[1:]
    assert found[1:][-1].to_dict() == found[-1].to_dict()
    assert len(found[5:]) == 0
    with pytest.raises(IndexError):
        found[3]


def test_results_say_in_a_line_what_was_found(found: Found) -> None:
    assert repr(found) == "<Found: 1 likely copy among 3 pairs of 1 query and 3 references>"
    assert re.fullmatch(r"<Pair picture, <b>c</b>: copy \(.*%\)>", repr(found[0]))


def test_results_become_tables(found: Found) -> None:
    pytest.importorskip("pandas")
    table = found.to_arrow()
    assert table.column_names[:3] == ["query_id", "reference_id", "score"]
    assert table.column("reference_id")[0].as_py() == "<b>c</b>"
    assert table.schema == found[:0].to_arrow().schema
    assert found.to_pandas().probability[0] == found[0].probability


def test_a_table_for_pandas_says_how_to_get_it(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copytrace.pipelines.results.find_spec", lambda _: None)
    with pytest.raises(copytrace.MissingDependencyError, match="pip install pandas"):
        found.to_pandas()


def test_a_notebook_shows_thumbnails_and_escapes_names(found: Found) -> None:
    html = found._repr_html_()
    assert html.count('src="data:image/jpeg;base64,') == 6
    assert "&lt;b&gt;c&lt;/b&gt;" in html
    assert "<b>c</b>" not in html
    assert "http" not in html
    assert len(html) < 100_000


def test_a_notebook_shows_the_first_pairs_and_says_that_there_are_more() -> None:
    many = copytrace.find([CROPPED] * 6, [CROPPED] * 2, model="gist", verify=False, workers=1)
    html = many._repr_html_()
    assert (len(many), html.count("<tr style")) == (12, 10)
    assert "The first 10 pairs:" in html
    assert [pair.verdict for pair in many] == [None] * 12
    assert html.count("<strong>likely copy</strong>") == 10


def test_pictures_that_no_longer_exist_are_shown_by_name(tmp_path: Path) -> None:
    for name in ("a", "b"):
        CROPPED.save(tmp_path / f"{name}.png")
    found = copytrace.find([tmp_path / "a.png"], [tmp_path / "b.png"], model="gist", verify=False)
    assert found[0].query_path == str(tmp_path / "a.png")
    (tmp_path / "a.png").unlink()
    assert found._repr_html_().count("(picture not found)") == 1


def test_a_lookup_is_shown_as_a_search_is(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    PHOTOS[2].save(tmp_path / "photos" / "c.png")
    Library.create(tmp_path / "library", model="gist")
    with Library.open(tmp_path / "library") as library:
        library.add(tmp_path / "photos", workers=1)
        lookup = library.lookup(CROPPED, prior=0.2)
        assert repr(lookup) == "<Lookup: picture: 1 likely copy among 1 item>"
        assert repr(lookup[0]).startswith("<Hit c.png: copy (")
        assert [hit.id for hit in lookup.copies[:1]] == ["c.png"]
        assert lookup._repr_html_().count("<img") == 2


def test_two_pictures_in_memory_are_compared() -> None:
    compared = copytrace.compare(CROPPED, np.asarray(PHOTOS[2]), prior=0.2)
    assert (compared.query, compared.reference, compared.verdict) == ("picture", "array", "copy")
    assert re.match(r"<Comparison of picture with array: copy \(.*%\): cropped to 75%", repr(compared))
    html = compared._repr_html_()
    assert html.count("<img") == 1
    assert f'alt="{compared.summary()}"' in html.replace("&gt;", ">")
    same = copytrace.compare(as_bytes(CROPPED), as_bytes(CROPPED))
    assert same.identical


def test_a_picture_in_memory_is_edited_as_a_file_is(tmp_path: Path) -> None:
    PHOTOS[0].save(tmp_path / "a.png")
    edited = copytrace.edit(PHOTOS[0], "hflip,crop:0.3", seed=6)
    again = copytrace.edit(tmp_path / "a.png", "hflip,crop:0.3", seed=6)
    assert (np.asarray(edited.image) == np.asarray(again.image)).all()
    assert repr(edited) == f"<EditedPicture {edited.image.width} x {edited.image.height}: hflip, crop 0.30>"
    assert edited._repr_jpeg_()


def test_models_are_listed_with_their_state() -> None:
    assert {card.name: state for card, state in copytrace.models()}["gist"] == "here"


def test_earlier_names_still_work() -> None:
    assert (copytrace.find_copies, copytrace.find_duplicates) == (copytrace.find, copytrace.duplicates)


def test_importing_a_part_leaves_the_verb_of_a_like_name_alone() -> None:
    import copytrace.deduplication
    import copytrace.edits

    assert callable(copytrace.duplicates)
    assert callable(copytrace.edit)
