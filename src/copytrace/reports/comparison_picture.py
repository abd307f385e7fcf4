"""A picture that shows how two others relate: each with the outline of the other, and one over the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from copytrace.geometry import inverse
from copytrace.typefaces import font_path

if TYPE_CHECKING:
    from copytrace.matching import Evidence, Explanation
    from copytrace.records import ByteArray, FloatArray

HEIGHT = 420
"""The largest height of a panel in pixels."""
WIDTH = 560
"""The largest width of a panel in pixels."""
GAP, MARGIN, CAPTION = 16, 6, 40
FARTHEST = 20_000
PAPER, INK, OUTLINE = (255, 255, 255), (33, 37, 41), (240, 62, 62)


def comparison_picture(
    query: ByteArray,
    reference: ByteArray,
    evidence: Evidence | None,
    explanation: Explanation | None,
    names: tuple[str, str],
) -> Image.Image:
    """Draw two pictures side by side and, if they overlap, a third that shows the overlap.

    Args:
        query: (h, w, 3) uint8 RGB.
        reference: (h, w, 3) uint8 RGB.
        evidence: the mapping between them; None draws only the two pictures.
        explanation: their outlines.
        names: captions of the two.
    """
    if evidence is None or explanation is None:
        return _in_a_row([_panel(query, None), _panel(reference, None)], list(names))
    panels = [
        _panel(query, explanation.query_quad),
        _panel(reference, explanation.reference_quad),
        _panel(_overlaid(query, reference, evidence.matrix), None),
    ]
    return _in_a_row(panels, [*names, "one over the other"])


def _panel(picture: ByteArray, outline: FloatArray | None) -> Image.Image:
    """A picture at the size of a panel, with a margin that keeps an outline along its border visible."""
    height, width = picture.shape[:2]
    scale = min(HEIGHT / height, WIDTH / width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    panel = Image.new("RGB", (size[0] + 2 * MARGIN, size[1] + 2 * MARGIN), PAPER)
    panel.paste(
        Image.fromarray(np.asarray(cv2.resize(picture, size, interpolation=how), np.uint8)), (MARGIN, MARGIN)
    )
    if outline is not None:
        # A corner near the horizon may be too far away to draw.
        corners = np.clip(outline * scale, -FARTHEST, FARTHEST) + MARGIN
        line = [tuple(corner) for corner in [*corners.tolist(), corners[0].tolist()]]
        draw = ImageDraw.Draw(panel)
        draw.line(line, fill=PAPER, width=7, joint="curve")
        draw.line(line, fill=OUTLINE, width=3, joint="curve")
    return panel


def _overlaid(query: ByteArray, reference: ByteArray, matrix: FloatArray) -> ByteArray:
    """The query with the reference over it, half transparent."""
    height, width = query.shape[:2]
    back = inverse(matrix)
    over = cv2.warpPerspective(reference, back, (width, height), flags=cv2.INTER_LINEAR)
    there = cv2.warpPerspective(np.ones(reference.shape[:2], np.float32), back, (width, height))[..., None]
    faded = query * 0.35 + 255 * 0.65
    return np.asarray(there * (0.5 * query + 0.5 * over) + (1 - there) * faded, np.uint8)


def _in_a_row(panels: list[Image.Image], captions: list[str]) -> Image.Image:
    width = sum(panel.width for panel in panels) + GAP * (len(panels) + 1)
    height = max(panel.height for panel in panels)
    sheet = Image.new("RGB", (width, GAP + height + CAPTION), PAPER)
    font = ImageFont.truetype(font_path("DejaVuSans.ttf"), 15)
    draw = ImageDraw.Draw(sheet)
    left = GAP
    for panel, caption in zip(panels, captions, strict=True):
        sheet.paste(panel, (left, GAP + height - panel.height))
        text = (
            caption
            if draw.textlength(caption, font) <= panel.width
            else _shortened(caption, draw, font, panel.width)
        )
        draw.text((left, GAP + height + 10), text, fill=INK, font=font)
        left += panel.width + GAP
    return sheet


def _shortened(text: str, draw: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont, width: int) -> str:
    """The end of a text, the most informative part of a path."""
    while text and draw.textlength("…" + text, font) > width:
        text = text[1:]
    return "…" + text
