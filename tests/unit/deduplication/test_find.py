from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from copytrace.deduplication import candidates, find, find_duplicates
from copytrace.edits.drawing.scenes import draw_picture
from copytrace.errors import ImageError, InputError
from copytrace.pipelines import describe as describing
from copytrace.pipelines import keypoints, verify_pairs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Four encodings of one picture; 0.png has most bytes."""
    folder = tmp_path / "photos"
    folder.mkdir()
    picture = draw_picture(5).resize((320, 240), Image.Resampling.BICUBIC)
    picture.save(folder / "0.png")
    for number, quality in ((1, 90), (2, 70), (3, 50)):
        picture.save(folder / f"{number}.jpg", quality=quality)
    return folder


def test_copies_that_were_not_near_the_one_to_keep_join_its_group(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "NEAREST", 1)
    found = find_duplicates(photos, model="gist", prior=0.5, workers=1)
    [group] = found.groups
    assert group.kept.id == "0.png"
    assert sorted(member.picture.id for member in group.copies) == ["1.jpg", "2.jpg", "3.jpg"]
    assert found.compared > 3


def test_the_rule_of_what_to_keep_makes_another_centre(photos: Path) -> None:
    exif = Image.Exif()
    exif[0x0132] = "1999:01:01 00:00:00"
    Image.open(photos / "3.jpg").save(photos / "3.jpg", exif=exif)
    found = find_duplicates(photos, model="gist", prior=0.5, keep="oldest", workers=1)
    assert found.groups[0].kept.id == "3.jpg"


def test_an_interrupted_search_resumes(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    def refuse(*_: object) -> None:
        raise AssertionError("was done before")

    for name in ("2.jpg", "3.jpg"):
        (photos / name).unlink()
    options = {"model": "gist", "prior": 0.5, "resume_beside": tmp_path / "groups.csv", "workers": 1}
    with monkeypatch.context() as patched:
        patched.setattr(find, "grouped", interrupt)
        with pytest.raises(KeyboardInterrupt):
            find_duplicates(photos, **options)  # type: ignore[arg-type]
    for module, work in (
        (describing, "describe_chunk"),
        (keypoints, "_extracted"),
        (verify_pairs, "examine"),
    ):
        monkeypatch.setattr(module, work, refuse)
    assert find_duplicates(photos, **options).copies == 1  # type: ignore[arg-type]
    assert not (tmp_path / "groups.csv.parts").exists()


def test_a_picture_that_cannot_be_read_is_named_once(photos: Path, tmp_path: Path) -> None:
    (photos / "2.jpg").write_bytes(b"nothing")
    found = find_duplicates(photos, model="gist", prior=0.5, workers=1)
    assert [failure.name for failure in found.failures] == [str(photos / "2.jpg")]
    assert (found.pictures, found.copies) == (3, 2)
    with pytest.raises(ImageError, match=r"2\.jpg"):
        find_duplicates(photos, model="gist", strict=True, workers=1)
    describing.describe(photos, tmp_path / "set.h5", model="gist", ids="path", workers=1)
    shutil.rmtree(photos)
    with pytest.raises(InputError, match=r"--images FOLDER"):
        find_duplicates(tmp_path / "set.h5", workers=1)


def test_a_single_picture_has_no_duplicates(photos: Path) -> None:
    for name in ("1.jpg", "2.jpg", "3.jpg"):
        (photos / name).unlink()
    found = find_duplicates(photos, model="gist", workers=1)
    assert (found.groups, found.pictures, found.compared) == ((), 1, 0)
