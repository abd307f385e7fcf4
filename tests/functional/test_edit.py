from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from copytrace.edits import EDITS, Recipe, replay

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]


@pytest.fixture
def edit(copytrace: Callable[..., Run]) -> Callable[..., Run]:
    return partial(copytrace, "edit")


def _pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    columns, rows = np.meshgrid(np.arange(120), np.arange(90))
    Image.fromarray(np.stack([columns * 2, rows * 2, columns + rows], axis=2).astype(np.uint8)).save(path)
    return path


def test_the_list_names_every_edit_with_its_parameters(edit: Callable[..., Run]) -> None:
    done = edit("--list", "--json")

    assert done.returncode == 0
    listed = json.loads(done.stdout)
    assert [each["name"] for each in listed] == [each.name for each in EDITS]
    assert listed[0]["parameters"][0] == {
        "name": "area",
        "range": "1 to 0.1 with rising strength",
        "about": "share of the area to keep",
    }
    assert "crop" in edit("--list").stdout


def test_the_printed_recipe_gives_the_written_picture_again(
    edit: Callable[..., Run], photo: Path, tmp_path: Path
) -> None:
    output = tmp_path / "edited.png"

    done = edit(photo, "--apply", "crop:0.3,noise:0.4,hflip,text:0.5", "-o", output, "--seed", "7", "--json")

    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert [step["edit"] for step in record["steps"]] == ["crop", "noise", "hflip", "text"]
    assert record["size"] == [*_pixels(output).shape[1::-1]]
    assert 0 < record["visible"]["of_reference"] < 1
    again = replay(_pixels(photo), Recipe.from_json(record))
    assert np.array_equal(again.image, _pixels(output))


def test_the_drawn_parameters_are_printed(edit: Callable[..., Run], photo: Path, tmp_path: Path) -> None:
    done = edit(photo, "--apply", "jpeg:0.5,onto:0.4", "-o", tmp_path / "edited.jpg")

    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "jpeg           0.5   quality=20"
    assert "of the original, on" in done.stderr


def test_the_sheet_is_written(edit: Callable[..., Run], photo: Path, tmp_path: Path) -> None:
    output = tmp_path / "sheet.png"

    done = edit(photo, "--sheet", output)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(output)
    assert _pixels(output).shape[1] == 1888


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Give an image with --apply"),
        (["PHOTO"], "Give an image with --apply"),
        (["PHOTO", "--apply", "grey", "--sheet", "s.png"], "Give an image with --apply"),
        (["PHOTO", "--apply", "grey"], "--apply needs a file"),
        (["PHOTO", "--apply", "melt", "-o", "OUT.png"], "edit 'melt': is unknown"),
        (["PHOTO", "--apply", "crop:2", "-o", "OUT.png"], "strength is 2.0"),
        (["PHOTO", "--apply", "grey", "-o", "OUT.gif"], "out.gif: cannot write this format"),
        (["nothing.png", "--apply", "grey", "-o", "OUT.png"], "nothing.png"),
        (["PHOTO", "--apply", "blend", "--photos", "nowhere", "-o", "OUT.png"], "nowhere"),
    ],
)
def test_wrong_input_ends_with_a_sentence_and_exit_code_2(
    edit: Callable[..., Run], arguments: list[str], message: str, photo: Path, tmp_path: Path
) -> None:
    told = [
        str(photo) if each == "PHOTO" else each.replace("OUT", str(tmp_path / "out")) for each in arguments
    ]

    done = edit(*told)

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photo.png"]
