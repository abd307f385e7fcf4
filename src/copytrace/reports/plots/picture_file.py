"""Plots as files: SVG, or PNG rendered from it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from copytrace.errors import InputError
from copytrace.files import whole_file
from copytrace.reports.plots.svg import element, stylesheet, text
from copytrace.typefaces import font_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from copytrace.reports.plots.svg import Drawing

FORMATS = (".svg", ".png")

TITLE_LENGTH = 32
"""Longer names are shortened so that the line below the title fits."""

PNG_SCALE = 1.5
"""Pixels of a PNG per unit of the drawing."""

PALETTE = {
    "sans": '"DejaVu Sans", Verdana, sans-serif',
    "sheet": "#ffffff",
    "ink": "#1f2937",
    "soft": "#5b6472",
    "line": "#e5e7eb",
    "line-strong": "#8b8f99",
    "accent": "#2563eb",
    "good": "#12693a",
    "warn": "#b4410c",
    "bad": "#b0241b",
}
"""The colours of a file: dark on white, for paper and slides."""


def check_picture_file(path: Path) -> None:
    """Refuse a file that cannot become a picture, before the work starts.

    Raises:
        InputError: the extension is neither .svg nor .png.
    """
    if path.suffix.lower() not in FORMATS:
        raise InputError(
            f"{path}: a plot can be {' or '.join(FORMATS)}, not '{path.suffix}'. "
            f"Try {path.with_suffix('.svg')}"
        )


def save_picture(drawing: Drawing, path: Path) -> None:
    """Write a drawing to `path`, on white; equal drawings make equal files.

    Raises:
        InputError: see `check_picture_file` and `whole_file`.
    """
    check_picture_file(path)
    picture = _alone(drawing)
    content = picture.encode() if path.suffix.lower() == ".svg" else _png(picture)
    with whole_file(path) as unfinished:
        unfinished.write_bytes(content)


def _alone(drawing: Drawing) -> str:
    """The drawing as a standalone document."""
    # resvg and vector editors do not support CSS variables.
    style = re.sub(r"var\(--([\w-]+)\)", lambda match: PALETTE[match[1]], stylesheet("marks.css"))
    sheet = element("rect", class_="sheet", width=drawing.width, height=drawing.height)
    content = element("style", Markup(style)) + sheet + drawing.content  # noqa: S704 - our own file
    svg = replace(drawing, content=content).svg(
        xmlns="http://www.w3.org/2000/svg", class_="plot", width=drawing.width, height=drawing.height
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{svg}\n'


def _png(picture: str) -> bytes:
    from resvg_py import svg_to_bytes

    # Only our own font, so the picture is the same on every machine.
    fonts = [str(font_path(name)) for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")]
    return svg_to_bytes(svg_string=picture, zoom=PNG_SCALE, skip_system_fonts=True, font_files=fonts)


def headline(title: str, name: str, facts: Sequence[str], *, left: float) -> Markup:
    """The title of a picture, with a name and some facts on the line below."""
    line = " · ".join([shortened(name, TITLE_LENGTH), *facts])
    return text(title, left, 46, "title") + text(line, left, 74, "facts")


def shortened(name: str, length: int) -> str:
    """A name of at most `length` characters.

    >>> shortened("a_long_name.csv", 8)
    'a_long_…'
    """
    return name if len(name) <= length else name[: length - 1] + "…"


def counted(count: int, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> counted(1, "query", "queries"), counted(2000, "true pair")
    ('1 query', '2,000 true pairs')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
