"""A benchmark of drawn pages: letters, invoices, chats and charts; two pages from the same template look alike."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from copytrace.edits import draw_recipe, replay
from copytrace.edits.drawing.forms import draw_form

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.progress import Bar

SEED = 7
"""Random seed of the recipes."""


def draw_pages(folder: Path, templates: int, bar: Bar) -> None:
    """Draw two references and two queries for each template.

    One query is an edited copy of the first reference; the other is a third page, without a reference.

    Args:
        folder: an existing folder; receives `queries`, `references` and `truth.csv`.
        templates: number of templates.
        bar: advances with each template.
    """
    for side in ("queries", "references"):
        (folder / side).mkdir()
    with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as file:
        truth = csv.writer(file, lineterminator="\n")
        truth.writerow(["query_id", "reference_id"])
        for template in range(templates):
            pages = [draw_form(template, page) for page in range(3)]
            for page in range(2):
                pages[page].save(folder / "references" / f"R{template:05d}-{page}.png")
            edited = replay(np.asarray(pages[0]), draw_recipe(np.random.default_rng((template, SEED))))
            Image.fromarray(edited.image).save(folder / "queries" / f"Q{template:05d}-edited.png")
            pages[2].save(folder / "queries" / f"Q{template:05d}-further.png")
            truth.writerow([f"Q{template:05d}-edited", f"R{template:05d}-0"])
            truth.writerow([f"Q{template:05d}-further", ""])
            bar.advance()
