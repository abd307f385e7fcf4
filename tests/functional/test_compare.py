from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from skimage import data

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """original.png; crop.jpg, a mirrored part of it; other.jpg, another photograph; plain.png, of one colour."""
    folder = tmp_path_factory.mktemp("pictures")
    original = Image.fromarray(data.chelsea())
    original.save(folder / "original.png")
    crop = original.crop((90, 30, 400, 270)).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    crop.save(folder / "crop.jpg", quality=60)
    Image.fromarray(data.coffee()).save(folder / "other.jpg")
    Image.new("RGB", (200, 100), (90, 120, 200)).save(folder / "plain.png")
    (folder / "again.png").write_bytes((folder / "original.png").read_bytes())
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff not a picture")
    return folder


def test_a_copy_is_reported_with_its_position_and_edits(
    copytrace: Callable[..., CompletedProcess[str]], pictures: Path
) -> None:
    run = copytrace("compare", pictures / "crop.jpg", pictures / "original.png", "--json")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["verdict"] == "copy"
    assert 0.95 <= found["probability"] < 1
    assert found["mirrored"] is True
    assert found["edits"][0] == "mirrored"
    assert re.fullmatch(r"cropped to 5[4-6]% of the original", found["edits"][1])
    expected = np.array([[400, 30], [90, 30], [90, 270], [400, 270]])
    assert np.abs(np.array(found["reference_quad"]) - expected).max() < 4
    assert found["reference_share"] == pytest.approx(310 * 240 / (451 * 300), abs=0.02)
    assert found["query_share"] == pytest.approx(1, abs=0.02)


def test_identical_files_alone_have_the_probability_1(
    copytrace: Callable[..., CompletedProcess[str]], pictures: Path
) -> None:
    same = copytrace("compare", pictures / "again.png", pictures / "original.png")
    assert (same.returncode, same.stdout) == (0, "copy (100%): the files are identical\n")
    found = json.loads(copytrace("compare", pictures / "plain.png", pictures / "plain.png", "--json").stdout)
    assert (found["verdict"], found["probability"], found["likelihood_ratio"]) == ("copy", 1.0, None)


def test_another_photograph_is_no_copy(
    copytrace: Callable[..., CompletedProcess[str]], pictures: Path
) -> None:
    run = copytrace("compare", pictures / "other.jpg", pictures / "original.png")
    assert run.returncode == 5
    assert re.fullmatch(r"no copy found \(<?0\.\d%\)\n", run.stdout)


def test_a_plain_picture_is_unclear(copytrace: Callable[..., CompletedProcess[str]], pictures: Path) -> None:
    run = copytrace("compare", pictures / "plain.png", pictures / "original.png")
    assert run.returncode == 4
    assert run.stdout.startswith("cannot tell (")


def test_the_picture_shows_both_and_the_overlap(
    copytrace: Callable[..., CompletedProcess[str]], pictures: Path, tmp_path: Path
) -> None:
    run = copytrace(
        "compare", pictures / "crop.jpg", pictures / "original.png", "--picture", tmp_path / "out.png"
    )
    assert (run.returncode, run.stderr) == (0, f"picture: {tmp_path / 'out.png'}\n")
    with Image.open(tmp_path / "out.png") as drawn:
        assert drawn.width > 1200
        assert (240, 62, 62) in {colour for _, colour in drawn.getcolors(1 << 24)}
    again = copytrace(
        "compare", pictures / "crop.jpg", pictures / "original.png", "--picture", tmp_path / "out.png"
    )
    assert again.returncode == 2
    assert "out.png: already exists. To replace it, add --replace." in again.stderr


def test_the_prior_moves_the_probability_and_not_the_likelihood_ratio(
    copytrace: Callable[..., CompletedProcess[str]], pictures: Path
) -> None:
    rare, even = (
        json.loads(
            copytrace(
                "compare", pictures / "other.jpg", pictures / "original.png", "--prior", p, "--json"
            ).stdout
        )
        for p in ("0.001", "0.5")
    )
    assert rare["likelihood_ratio"] == even["likelihood_ratio"]
    assert rare["probability"] < even["probability"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("broken.jpg", "original.png"), "broken.jpg: "),
        (("original.png", "missing.png"), "missing.png: "),
        (("crop.jpg", "original.png", "--prior", "1"), "The prior is 1.0; it must be above 0 and below 1"),
    ],
)
def test_pairs_that_cannot_be_compared_are_reported(
    copytrace: Callable[..., CompletedProcess[str]], pictures: Path, arguments: tuple[str, ...], message: str
) -> None:
    run = copytrace(
        "compare", *(pictures / word if "." in word and word[0].isalpha() else word for word in arguments)
    )
    assert run.returncode == 2
    assert message in run.stderr
    assert "Traceback" not in run.stderr
