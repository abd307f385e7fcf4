"""Pictures for the demo: tiles of real photographs from installed packages, and drawn distractors."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.edits.drawing.scenes import draw_picture
from copytrace.errors import MissingDependencyError
from copytrace.images import list_images, load_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image

TILE_SIDE = 180
"""Photographs are cut into tiles of about this many pixels a side."""
DRAWN = 360
_FIRST_SEED = 5_000_000
"""Far from the seeds of pictures that models learn from."""
JPEG_QUALITY = 92

# Photographs that ship inside the wheels of these packages; diagrams and logos are left out, and so is the
# right picture of a stereo pair, which nobody could tell from a copy of the left one.
PHOTOGRAPHS = {
    "skimage": (
        "data/astronaut.png",
        "data/brick.png",
        "data/camera.png",
        "data/cell.png",
        "data/chelsea.png",
        "data/clock_motion.png",
        "data/coffee.png",
        "data/coins.png",
        "data/grass.png",
        "data/gravel.png",
        "data/hubble_deep_field.jpg",
        "data/ihc.png",
        "data/moon.png",
        "data/motorcycle_left.png",
        "data/page.png",
        "data/retina.jpg",
        "data/rocket.jpg",
    ),
    "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
    "matplotlib": ("mpl-data/sample_data/grace_hopper.jpg",),
}


def write_demo_photos(folder: Path) -> int:
    """Write the demo's pictures into `folder` as JPEG files; returns how many.

    The tiles of a photograph do not overlap, so that no picture is a copy of another.

    Raises:
        MissingDependencyError: one of these packages is not installed.
    """
    count = 0
    for path in photographs():
        photo = load_image(list_images(path)[0])
        for row, column, tile in _tiles(photo):
            tile.save(folder / f"{path.stem}-{row}{column}.jpg", quality=JPEG_QUALITY)
            count += 1
    for number in range(DRAWN):
        draw_picture(_FIRST_SEED + number).save(folder / f"drawn-{number:03d}.jpg", quality=JPEG_QUALITY)
    return count + DRAWN


def photographs() -> Iterator[Path]:
    """The photographs that installed packages ship.

    Raises:
        MissingDependencyError: one of these packages is not installed.
    """
    for package, names in PHOTOGRAPHS.items():
        found = find_spec(package)
        if found is None or found.origin is None:
            raise MissingDependencyError(
                f"The demo takes its photographs from installed packages, and '{package}' is not installed. "
                "Install them: pip install 'copytrace[demo]'; or use your own: copytrace demo --images FOLDER"
            )
        yield from (Path(found.origin).parent / name for name in names)


def _tiles(photo: Image.Image) -> Iterator[tuple[int, int, Image.Image]]:
    """Cut a photograph into a grid of tiles; yields (row, column, tile)."""
    columns, rows = (max(1, round(side / TILE_SIDE)) for side in photo.size)
    width, height = photo.width // columns, photo.height // rows
    for row in range(rows):
        for column in range(columns):
            left, top = column * width, row * height
            yield row, column, photo.crop((left, top, left + width, top + height))
