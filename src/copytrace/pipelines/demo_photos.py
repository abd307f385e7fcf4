"""Pictures for the demo: photographs in installed packages, and a few drawn by copytrace."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from copytrace.edits.drawing.scenes import draw_picture
from copytrace.errors import MissingDependencyError
from copytrace.extras import how_to_install
from copytrace.images import list_images, load_image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image

DRAWN = 45
_FIRST_SEED = 5_000_000
"""Far from the seeds of the pictures used in training."""
JPEG_QUALITY = 92


class Photograph(NamedTuple):
    """A photograph inside the wheel of a package.

    Attributes:
        package: the package.
        path: within it.
        columns: number of columns to cut it into, if it shows different things in different places.
        rows: number of rows; a texture or a single subject stays whole.
    """

    package: str
    path: str
    columns: int = 1
    rows: int = 1


# Without diagrams, logos, and the right picture of a stereo pair, which looks like a copy of the left.
PHOTOGRAPHS = (
    Photograph("skimage", "data/astronaut.png", 2, 2),
    Photograph("skimage", "data/brick.png"),
    Photograph("skimage", "data/camera.png", 2, 2),
    Photograph("skimage", "data/cell.png"),
    Photograph("skimage", "data/chelsea.png", 2),
    Photograph("skimage", "data/clock_motion.png"),
    Photograph("skimage", "data/coffee.png", 2),
    Photograph("skimage", "data/coins.png"),
    Photograph("skimage", "data/grass.png"),
    Photograph("skimage", "data/gravel.png"),
    Photograph("skimage", "data/hubble_deep_field.jpg"),
    Photograph("skimage", "data/ihc.png"),
    Photograph("skimage", "data/moon.png"),
    Photograph("skimage", "data/motorcycle_left.png", 3, 2),
    Photograph("skimage", "data/page.png"),
    Photograph("skimage", "data/retina.jpg"),
    Photograph("skimage", "data/rocket.jpg", 2),
    Photograph("sklearn", "datasets/images/china.jpg", 3, 2),
    Photograph("sklearn", "datasets/images/flower.jpg", 2, 2),
    Photograph("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", 2, 2),
)


def write_demo_photos(folder: Path) -> str:
    """Write the demo's pictures to `folder` as JPEG files; returns a description of them.

    The parts of a photograph do not overlap, so that no picture is a copy of another.

    Raises:
        MissingDependencyError: one of these packages is not installed.
    """
    count = 0
    for path, photograph in zip(photographs(), PHOTOGRAPHS, strict=True):
        for column, row, part in _parts(load_image(list_images(path)[0]), photograph):
            part.save(folder / f"{path.stem}-{row}{column}.jpg", quality=JPEG_QUALITY)
            count += 1
    for number in range(DRAWN):
        draw_picture(_FIRST_SEED + number).save(folder / f"drawn-{number:03d}.jpg", quality=JPEG_QUALITY)
    return (
        f"{count} parts of {len(PHOTOGRAPHS)} photographs in scikit-image, scikit-learn and Matplotlib, "
        f"and {DRAWN} drawings by copytrace"
    )


def photographs() -> Iterator[Path]:
    """The files of `PHOTOGRAPHS`.

    Raises:
        MissingDependencyError: one of the packages is not installed.
    """
    for package, path, *_ in PHOTOGRAPHS:
        found = find_spec(package)
        if found is None or found.origin is None:
            raise MissingDependencyError(
                f"The demo takes its photographs from installed packages, and '{package}' is not installed. "
                f"Install them {how_to_install('demo')}; or use your own photographs: copytrace demo --images FOLDER"
            )
        yield Path(found.origin).parent / path


def _parts(photo: Image.Image, cut: Photograph) -> Iterator[tuple[int, int, Image.Image]]:
    """Cut a photograph into a grid of pictures; yields (column, row, picture)."""
    width, height = photo.width // cut.columns, photo.height // cut.rows
    for row in range(cut.rows):
        for column in range(cut.columns):
            left, top = column * width, row * height
            yield column, row, photo.crop((left, top, left + width, top + height))
