"""Pages that resemble each other: is the right one first, and are others taken for copies?

Draws two pages of each of 200 templates, 400 references. Edited copies of one of them are searched for, and a third
page of each template, which is no copy. The pages differ from those that the verdict was fitted to.
::

    python benchmarks/pages.py [--templates N]
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from copytrace import find
from copytrace.edits import draw_recipe, replay
from copytrace.edits.drawing.forms import draw_form
from copytrace.matching import IN_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST = 5000
"""The first template: those of `copytrace fit-verdict` have small numbers."""
SEED = 11


def main() -> None:
    """Draw, search, and print two tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--templates", type=int, default=200)
    templates = range(FIRST, FIRST + parser.parse_args().templates)
    with tempfile.TemporaryDirectory() as folder:
        library = _drawn(
            Path(folder, "library"), {f"{t}-{k}": draw_form(t, k) for t in templates for k in range(2)}
        )
        print(
            f"{2 * len(templates)} references\n\n| copies | first by vectors | first with verification |\n|---|---|---|"
        )
        for name, edit in EDITS.items():
            copies = _drawn(Path(folder, name), {f"{t}-0": edit(draw_form(t, 0), t) for t in templates})
            print(
                f"| {name} | {_first(copies, library, verify=False)} | {_first(copies, library, verify=True)} |"
            )
        others = _drawn(Path(folder, "others"), {str(t): draw_form(t, 2) for t in templates})
        verified = find(others, library, per_query=1).verified
        print("\n| verdict on other pages | pages |\n|---|---|")
        for verdict, count in Counter(verified.verdicts if verified else ()).most_common():
            print(f"| {IN_WORDS[verdict]} | {count} |")


def _drawn(folder: Path, pages: dict[str, Image.Image]) -> Path:
    folder.mkdir()
    for name, page in pages.items():
        page.save(folder / f"{name}.png")
    return folder


def _first(copies: Path, library: Path, *, verify: bool) -> int:
    """For how many copies the original has the highest score."""
    best: dict[str, tuple[float, str]] = {}
    for match in find(copies, library, per_query=2, verify=verify).matches:
        best[match.query_id] = max(best.get(match.query_id, (-np.inf, "")), (match.score, match.reference_id))
    return sum(query == reference for query, (_, reference) in best.items())


def _jpeg(page: Image.Image, _template: int) -> Image.Image:
    coded = io.BytesIO()
    page.save(coded, "JPEG", quality=40)
    return Image.open(coded).convert("RGB")


def _cropped(page: Image.Image, _template: int) -> Image.Image:
    across, down = page.width // 20, page.height // 20
    return page.crop((across, down, page.width - across, page.height - down))


def _composed(page: Image.Image, template: int) -> Image.Image:
    return Image.fromarray(
        replay(np.asarray(page), draw_recipe(np.random.default_rng((template, SEED)))).image
    )


EDITS: dict[str, Callable[[Image.Image, int], Image.Image]] = {
    "JPEG quality 40": _jpeg,
    "half the size": lambda page, _: page.resize(
        (page.width // 2, page.height // 2), Image.Resampling.BICUBIC
    ),
    "a twentieth cut off each side": _cropped,
    "grey and darker": lambda page, _: ImageEnhance.Brightness(page.convert("L").convert("RGB")).enhance(0.8),
    "in a grey frame": lambda page, _: ImageOps.expand(page, 30, (90, 90, 90)),
    "a benchmark's compositions": _composed,
}


if __name__ == "__main__":
    main()
