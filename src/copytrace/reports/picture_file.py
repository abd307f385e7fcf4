"""What all plots share: the files they may go to, and how they look."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

from copytrace.errors import InputError
from copytrace.files import whole_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from matplotlib.figure import Figure
    from matplotlib.typing import RcKeyType

FORMATS = (".svg", ".png")

TITLE_LENGTH = 32
"""A longer name of what is drawn is cut, so that the line under the title fits."""

INK, FAINT, GRID, CURVE, POINT = "#1f2937", "#6b7280", "#e5e7eb", "#2563eb", "#c2410c"

STYLE: dict[RcKeyType, Any] = {
    # The font that comes with matplotlib, as outlines: the picture is the same on every machine.
    "font.family": "DejaVu Sans",
    "svg.fonttype": "path",
    # Names inside an SVG file are random otherwise.
    "svg.hashsalt": "copytrace",
    # A dollar sign in a file name begins no formula.
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
}


def check_picture_file(path: Path) -> None:
    """Refuse a file that cannot become a picture, best before the work that it is to show.

    Raises:
        InputError: the suffix is neither .svg nor .png, or the folder does not exist.
    """
    if path.suffix.lower() not in FORMATS:
        raise InputError(
            f"{path}: a plot is drawn as {' or '.join(FORMATS)}, not as '{path.suffix}'. "
            f"Try {path.with_suffix('.svg')}"
        )
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}. Create it first: mkdir -p {path.parent}")


@contextmanager
def save_picture(path: Path) -> Iterator[Callable[[Figure], None]]:
    """Give a function that writes a figure to `path`; what is drawn in the block looks as all plots do.

    Raises:
        InputError: see `check_picture_file`.
    """
    check_picture_file(path)
    with mpl.rc_context(STYLE), whole_file(path) as unfinished, warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes; the picture is no worse for it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        kind = path.suffix.lower()[1:]
        # Without a date or a version in the file, equal pictures are equal files.
        metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}

        def save(figure: Figure) -> None:
            figure.savefig(unfinished, format=kind, dpi=150, metadata=metadata)

        yield save


def shortened(name: str, length: int) -> str:
    """A name of at most `length` characters.

    >>> shortened("a_long_name.csv", 8)
    'a_long_…'
    """
    return name if len(name) <= length else name[: length - 1] + "…"


def counted(count: int, one: str, many: str = "") -> str:
    """A number of things in words.

    >>> counted(1, "query", "queries"), counted(2000, "true pair")
    ('1 query', '2,000 true pairs')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
