from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pytest reads it

import numpy as np
import pytest
from PIL import Image

from copytrace.edits import Supplies, find_edit
from copytrace.edits.albums import overlay_album, photo_album
from copytrace.errors import EditError, ImageError


def test_photographs_of_a_folder_are_known_by_their_ids(tmp_path: Path) -> None:
    for name in ("b", "a"):
        Image.new("RGB", (6, 4), (200, 10, 10)).save(tmp_path / f"{name}.png")

    album = photo_album(tmp_path)

    assert list(album.ids) == ["a", "b"]
    assert album.load("a").shape == (4, 6, 3)
    with pytest.raises(EditError, match="picture 'c': is not among the 2 pictures given"):
        album.load("c")


def test_overlays_keep_their_alpha_and_cover_only_where_they_are(tmp_path: Path) -> None:
    sticker = np.zeros((10, 10, 4), np.uint8)
    sticker[:, :5] = (0, 0, 255, 255)
    Image.fromarray(sticker).save(tmp_path / "sticker.png")
    supplies = Supplies(overlays=overlay_album(tmp_path))
    params = find_edit("emoji").draw(np.random.default_rng(0), 0.5, supplies)
    params |= {"size": 0.5, "opacity": 1, "degrees": 0, "x": 0, "y": 0}

    edited = find_edit("emoji").apply(np.zeros((20, 20, 3), np.uint8), params, supplies)

    assert params["overlay"] == "sticker"
    assert edited.image[:10, :4].tolist() == [[[0, 0, 255]] * 4] * 10
    assert not edited.image[:, 6:].any()


def test_a_damaged_overlay_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")

    with pytest.raises(ImageError, match=r"broken\.png"):
        overlay_album(tmp_path).load("broken")
