from __future__ import annotations

import json
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]

GIST = ("--model", "gist", "--workers", "1")


@pytest.fixture
def pictures(library: Path, tmp_path: Path) -> Path:
    """Three pictures of the library, as PNG."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("R00", "R01", "R02"):
        Image.open(library / f"{name}.jpg").save(folder / f"{name}.png")
    return folder


def test_a_corner_of_a_picture_is_found_by_the_tiles_of_its_set(
    copytrace: Callable[..., Run], pictures: Path, tmp_path: Path
) -> None:
    whole = Image.open(pictures / "R01.png")
    corner = (0, 0, round(0.6 * whole.width), round(0.6 * whole.height))
    whole.crop(corner).save(tmp_path / "corner.png")
    described = copytrace("describe", pictures, "-o", "r.h5", "--tiles", "5", *GIST)
    assert described.returncode == 0, described.stderr
    run = copytrace("find", "corner.png", "r.h5", "--no-verify", "--json")
    assert run.returncode == 0, run.stderr
    best = json.loads(run.stdout)["matches"][0]
    assert (best["query_id"], best["reference_id"], best["score"]) == ("corner", "R01", 0)


def test_a_refreshed_set_equals_one_described_from_scratch(
    copytrace: Callable[..., Run], pictures: Path, tmp_path: Path
) -> None:
    added = tmp_path / "R005.png"
    (pictures / "R01.png").rename(added)
    copytrace("describe", pictures, "-o", "r.h5", "--tiles", "5", *GIST)
    added.rename(pictures / "R005.png")
    refreshed = copytrace("describe", pictures, "-o", "r.h5", "--tiles", "5", *GIST)
    assert "3 images described by gist (2 of them in an earlier run)" in refreshed.stdout
    copytrace("describe", pictures, "-o", "new.h5", "--tiles", "5", *GIST)
    with h5py.File(tmp_path / "r.h5") as old, h5py.File(tmp_path / "new.h5") as new:
        assert new["tiles"].shape[0] == 15
        np.testing.assert_array_equal(old["tiles"], new["tiles"])
        np.testing.assert_array_equal(old["vectors"], new["vectors"])


def test_a_set_is_not_refreshed_with_another_number_of_tiles(
    copytrace: Callable[..., Run], pictures: Path
) -> None:
    copytrace("describe", pictures, "-o", "r.h5", *GIST)
    run = copytrace("describe", pictures, "-o", "r.h5", "--tiles", "5", *GIST)
    assert run.returncode == 2
    assert "was described with --tiles 0" in run.stderr


def test_tiles_are_none_or_five(copytrace: Callable[..., Run], pictures: Path) -> None:
    run = copytrace("describe", pictures, "-o", "r.h5", "--tiles", "3", *GIST)
    assert run.returncode == 2
    assert "tiles is 3; expected 0 or 5." in run.stderr
