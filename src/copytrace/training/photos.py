"""The training photographs, decoded once into one file that worker processes map into memory."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.edits.drawing.forms import draw_form
from copytrace.edits.drawing.graphics import draw_graphic
from copytrace.edits.drawing.pages import draw_page
from copytrace.edits.drawing.scenes import draw_picture
from copytrace.edits.drawing.surfaces import draw_surface
from copytrace.errors import ImageError, InputError
from copytrace.files import whole_file
from copytrace.images import list_images, load_image
from copytrace.progress import SILENT, Progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PIL import Image

    from copytrace.images import ImageList
    from copytrace.progress import Bar
    from copytrace.records import ByteArray, IndexArray

_DRAWINGS = 2
"""Version of the drawn pictures; files with another version are not used."""
_TEMPLATES = 60


def _draw_form(seed: int) -> Image.Image:
    return draw_form(seed % _TEMPLATES, seed)


_DRAWN = (draw_page, draw_surface, draw_picture, _draw_form, draw_graphic, draw_graphic)
_FIRST_SEED = 1_000_000
"""Far from the seeds of the demo's pictures (demo_photos.py), so the demo contains nothing that was learned."""


@dataclass(frozen=True)
class Photos:
    """Decoded photographs; other processes map them instead of copying.

    Attributes:
        path: a file with their pixels in sequence, uint8.
        first: (n,) where each starts.
        sides: (n, 2) height and width of each.
    """

    path: Path
    first: IndexArray
    sides: IndexArray

    @cached_property
    def _pixels(self) -> ByteArray:
        return np.memmap(self.path, np.uint8, mode="r")

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_pixels"}

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, number: int) -> ByteArray:
        """(h, w, 3) uint8."""
        height, width = self.sides[number]
        start = int(self.first[number])
        return self._pixels[start : start + height * width * 3].reshape(height, width, 3)


def open_photos(
    source: str, cache: Path, side: int, progress: Progress = SILENT, *, drawn: int = 0
) -> Photos:
    """Decode photographs into `cache`, or open the result of an earlier call.

    Args:
        source: any source of `images.list_images`: a folder, tar files ...
        cache: a folder for the decoded pixels; about 3 x side x side bytes per photograph.
        side: the longest side to keep, in pixels.
        progress: reports progress.
        drawn: number of pictures to draw and append to the photographs; pages of text, surfaces, scenes, forms and
            graphics in turn.

    Raises:
        SourceError: there are no images at `source`.
        InputError: fewer than two of them can be used.
    """
    images = list_images(source, ids="path")
    drawings = f"{side} {drawn} {_FIRST_SEED} {_DRAWINGS}"
    digest = hashlib.sha256(drawings.encode() if drawn else str(side).encode())
    for image in images:
        digest.update(f"{image.id}\0{image.fingerprint()}\0".encode(errors="surrogateescape"))
    path = cache / f"photos-{digest.hexdigest()[:16]}"
    index = path.with_suffix(".npz")
    if not index.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with progress.task("decode photographs", len(images) + drawn, "images") as bar:
            _decode(_pictures(images, side, drawn, bar), path, index, side)
    with np.load(index, allow_pickle=False) as arrays:
        return Photos(path, arrays["first"], arrays["sides"])


def _decode(pictures: Iterator[Image.Image], path: Path, index: Path, side: int) -> None:
    sides: list[tuple[int, int]] = []
    with whole_file(path) as temporary, temporary.open("wb") as file:
        for picture in pictures:
            picture.thumbnail((side, side))
            file.write(picture.tobytes())
            sides.append((picture.height, picture.width))
    if len(sides) < 2:  # noqa: PLR2004 - needs two photographs to tell apart
        raise InputError(f"Training needs at least two photographs; {len(sides)} can be used.")
    table = np.array(sides, np.int64)
    first = np.concatenate(([0], np.cumsum(table.prod(axis=1) * 3)[:-1]))
    with whole_file(index) as temporary, temporary.open("wb") as file:
        np.savez(file, first=first, sides=table)


def _pictures(images: ImageList, side: int, drawn: int, bar: Bar) -> Iterator[Image.Image]:
    """The readable photographs, then the drawn pictures."""
    for image in images:
        bar.advance(1)
        with suppress(ImageError):
            yield load_image(image, smallest_side=side)
    for seed in range(drawn):
        bar.advance(1)
        yield _DRAWN[seed % len(_DRAWN)](_FIRST_SEED + seed)
