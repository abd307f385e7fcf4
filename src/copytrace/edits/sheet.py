"""The contact sheet: every edit at three strengths on one page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
from PIL import Image, ImageDraw

from copytrace.edits.drawing.fonts import font
from copytrace.edits.parameters import Graded, OneOf
from copytrace.edits.pixels import as_pixels, resized, scaled_size, size_of
from copytrace.edits.registry import EDITS
from copytrace.edits.supplies import DRAWN, Supplies
from copytrace.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from copytrace.edits.edit import Edit
    from copytrace.edits.pixels import Colour
    from copytrace.progress import Progress
    from copytrace.records import ByteArray

STRENGTHS = (0.25, 0.55, 0.9)

_COLUMNS = 12
_CELL, _GAP, _MARGIN = 144, 8, 36
_LABEL, _HEADING, _TITLE = 24, 52, 96
_WORKED_ON = 512

_PAPER: Colour = (250, 250, 248)
_CELL_GROUND: Colour = (232, 233, 230)
_INK: Colour = (30, 32, 36)
_FAINT: Colour = (140, 144, 150)
_ACCENT: Colour = (190, 60, 44)


@dataclass(frozen=True)
class _Cell:
    """One picture of the sheet, with its caption and its scale."""

    image: ByteArray
    scale: float
    name: str
    note: str


def contact_sheet(
    image: Image.Image | npt.NDArray[Any],
    *,
    edits: Sequence[Edit] = EDITS,
    supplies: Supplies = DRAWN,
    seed: int = 0,
    progress: Progress = SILENT,
) -> Image.Image:
    """Show every edit of an image, grouped by family.

    Edits with a strength are shown at three, with all other parameters drawn from the seed; if one is a choice of a
    few, or of two opposites, the three pictures show different ones. Others are shown once per choice.

    Raises:
        EditError: the image cannot be edited.
    """
    pixels = as_pixels(image)
    longest = max(size_of(pixels))
    if longest > _WORKED_ON:
        pixels = resized(pixels, scaled_size(size_of(pixels), _WORKED_ON / longest))
    families = list(dict.fromkeys(edit.family for edit in edits))
    groups: dict[str, list[list[_Cell]]] = {family: [] for family in families}
    with progress.task("edit", len(edits), "edits") as bar:
        for edit in edits:
            groups[edit.family].append(_cells(edit, pixels, supplies, seed))
            bar.advance()
    return _laid_out(groups)


def _cells(edit: Edit, image: ByteArray, supplies: Supplies, seed: int) -> list[_Cell]:
    """The pictures of one edit."""
    choices = [parameter for parameter in edit.parameters if isinstance(parameter, OneOf)]
    ways = [each for each in edit.parameters if isinstance(each, Graded) and each.either is not None]
    strengths: Sequence[float | None] = (
        STRENGTHS if edit.has_strength else [None] * (len(choices[0].options) if choices else 1)
    )
    cells = []
    for number, strength in enumerate(strengths):
        rng = np.random.default_rng([seed, crc32(edit.name.encode()), number])
        params = edit.draw(rng, strength or 0, supplies)
        if len(ways) == 1 and strength is not None:
            params[ways[0].name] = ways[0].at(strength, opposite=number == 1)
        for choice in choices:
            params[choice.name] = choice.options[number * len(choice.options) // len(strengths)]
        edited = edit.apply(image, params, supplies)
        note = (
            f"{params[choices[0].name]}"
            if strength is None and choices
            else ""
            if strength is None
            else f"{strength:g}"
        )
        cells.append(_Cell(edited.image, _CELL / max(size_of(image)), edit.name if number == 0 else "", note))
    return cells


def _laid_out(groups: dict[str, list[list[_Cell]]]) -> Image.Image:
    rows = {family: _rows(cells) for family, cells in groups.items()}
    width = 2 * _MARGIN + _COLUMNS * (_CELL + _GAP) - _GAP
    high = sum(_HEADING + len(lines) * (_LABEL + _CELL + _GAP) for lines in rows.values())
    sheet = Image.new("RGB", (width, _TITLE + high + _MARGIN), _PAPER)
    brush = ImageDraw.Draw(sheet)
    brush.text((_MARGIN, 30), "copytrace edits", fill=_INK, font=font("sans-bold", 34))
    strengths = ", ".join(f"{strength:g}" for strength in STRENGTHS)
    brush.text(
        (_MARGIN + 340, 44),
        f"{sum(map(len, groups.values()))} manipulations; those with a strength from 0 to 1 at {strengths}",
        fill=_FAINT,
        font=font("sans", 20),
    )
    top = _TITLE
    for family, lines in rows.items():
        brush.text((_MARGIN, top + 16), family, fill=_ACCENT, font=font("sans-bold", 24))
        top += _HEADING
        for line in lines:
            for column, cell in line:
                _draw_cell(sheet, brush, cell, _MARGIN + column * (_CELL + _GAP), top)
            top += _LABEL + _CELL + _GAP
    return sheet


def _rows(blocks: list[list[_Cell]]) -> list[list[tuple[int, _Cell]]]:
    """Arrange blocks of one or three pictures in rows, those of three first so that they form columns."""
    rows: list[list[tuple[int, _Cell]]] = []
    column = _COLUMNS
    for block in sorted(blocks, key=lambda block: -len(block)):
        if column + len(block) > _COLUMNS:
            rows.append([])
            column = 0
        rows[-1] += [(column + i, cell) for i, cell in enumerate(block)]
        column += len(block)
    return rows


def _draw_cell(sheet: Image.Image, brush: ImageDraw.ImageDraw, cell: _Cell, left: int, top: int) -> None:
    brush.text((left, top + 2), cell.name, fill=_INK, font=font("sans-bold", 14))
    small = font("sans", 12)
    brush.text((left + _CELL - small.getlength(cell.note), top + 4), cell.note, fill=_FAINT, font=small)
    top += _LABEL
    brush.rectangle((left, top, left + _CELL - 1, top + _CELL - 1), fill=_CELL_GROUND)
    size = size_of(cell.image)
    # A small result stays visibly small, down to a quarter of the cell, since that is the edit's effect.
    whole = _CELL / max(size)
    fitting = scaled_size(size, min(whole, max(cell.scale, whole / 4)))
    place = (left + (_CELL - fitting[0]) // 2, top + (_CELL - fitting[1]) // 2)
    sheet.paste(Image.fromarray(resized(cell.image, fitting)), place)
