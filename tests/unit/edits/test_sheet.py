from __future__ import annotations

import numpy as np
from PIL import Image

from copytrace.edits import contact_sheet, find_edit


def test_the_sheet_has_a_row_for_each_family_and_a_cell_for_each_strength() -> None:
    image = np.full((60, 90, 3), (200, 40, 40), np.uint8)

    sheet = contact_sheet(image, edits=[find_edit("blur"), find_edit("grey")])

    assert sheet.mode == "RGB"
    assert sheet.width == 1888
    # Two families of one row each: the title, and for each family heading, label and cell.
    assert sheet.height == 96 + 2 * (52 + 24 + 144 + 8) + 36
    middle = [sheet.getpixel((36 + 72 + 152 * column, 96 + 52 + 24 + 72)) for column in range(4)]
    assert middle == [(200, 40, 40)] * 3 + [(250, 250, 248)]
    assert sheet.getpixel((36 + 72, 96 + 228 + 52 + 24 + 72)) == (88, 88, 88)


def test_equal_seeds_give_equal_sheets() -> None:
    image = Image.new("L", (40, 30), 90)
    edits = [find_edit("noise"), find_edit("onto")]

    assert (
        contact_sheet(image, edits=edits, seed=3).tobytes()
        == contact_sheet(image, edits=edits, seed=3).tobytes()
    )
    assert (
        contact_sheet(image, edits=edits, seed=3).tobytes()
        != contact_sheet(image, edits=edits, seed=4).tobytes()
    )
