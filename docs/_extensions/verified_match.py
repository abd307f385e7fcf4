"""Draws the landing page's picture: an edited photograph, the original, and one over the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import skimage

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PICTURE = Path("generated/match.png")
ORIGINAL = Path(skimage.__file__).with_name("data") / "coffee.png"
EDITS = "hflip,crop:0.3,meme:0.4,rotate:degrees=9"


def _draw(app: Sphinx) -> None:
    picture = Path(app.srcdir) / PICTURE
    if picture.exists():
        return
    picture.parent.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.jpg"
        _copytrace("edit", ORIGINAL, "--apply", EDITS, "--seed", 6, "-o", copy)
        _copytrace("compare", copy, ORIGINAL, "--picture", picture)


def _copytrace(*arguments: object) -> None:
    command = [sys.executable, "-m", "copytrace", *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - the two commands above


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("builder-inited", _draw)
    return {"parallel_read_safe": True}
