"""Results of `find` where vector distances alone are wrong: pages, white marks, collages, heavy edits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from copytrace.edits.drawing.forms import draw_form

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import CommandLine

Matches = dict[str, list[dict[str, Any]]]
"""The matches of each query, the most probable copies first."""

COLLAGE = ("scene-1", "scene-3", "scene-5", "scene-7")


def _scene(seed: int) -> Image.Image:
    """Discs and rectangles of random colours under a rough texture that covers everything: 480 x 320."""
    rng = np.random.default_rng((seed, 18))
    ground = Image.fromarray(rng.integers(40, 216, (3, 4, 3), dtype=np.uint8))
    picture = ground.resize((480, 320), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for number in range(40):
        x, y, size = rng.integers(0, 480), rng.integers(0, 320), rng.integers(8, 60)
        shape = draw.ellipse if number % 2 else draw.rectangle
        shape((x, y, x + size, y + size * 0.7), fill=tuple(rng.integers(0, 256, 3).tolist()))
    rough = Image.fromarray(rng.integers(0, 256, (64, 96), dtype=np.uint8)).resize((480, 320))
    return Image.blend(picture, rough.convert("RGB"), 0.15)


def _mark(seed: int) -> Image.Image:
    """A white drawing on a transparent ground."""
    rng = np.random.default_rng((seed, 4))
    mark = Image.new("RGBA", (200, 200))
    draw = ImageDraw.Draw(mark)
    for _ in range(4):
        x, y = rng.integers(20, 140, 2)
        draw.ellipse((x, y, x + 40, y + 40), outline="white", width=6)
    return mark


def _collage() -> Image.Image:
    page = Image.new("RGB", (980, 660), "white")
    for place, name in enumerate(COLLAGE):
        page.paste(_scene(int(name[-1])), (place % 2 * 490 + 5, place // 2 * 330 + 5))
    return page


def _covered(picture: Image.Image) -> Image.Image:
    """The picture with two discs that hide a third of it."""
    draw = ImageDraw.Draw(picture)
    for x, y in ((144, 112), (336, 192)):
        draw.ellipse((x - 80, y - 80, x + 80, y + 80), fill=(255, 204, 50), outline="black", width=3)
    return picture


def _save(folder: Path, pictures: dict[str, Image.Image]) -> None:
    folder.mkdir()
    for name, picture in pictures.items():
        picture.save(folder / f"{name}.png")


@pytest.fixture(scope="module")
def matches(command_line: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> Matches:
    """One search for all cases: each query in pages of four templates, eight scenes and two marks."""
    folder = tmp_path_factory.mktemp("verdicts")
    forms = {f"form-{template}": draw_form(template, 0) for template in range(4)}
    scenes = {f"scene-{seed}": _scene(seed) for seed in range(8)}
    _save(folder / "library", forms | scenes | {f"mark-{seed}": _mark(seed) for seed in range(2)})
    others = {f"other-form-{template}": draw_form(template, 1) for template in range(4)}
    edited = {
        "collage": _collage(),
        "corner": _scene(2).crop((0, 0, 240, 160)),
        "covered": _covered(_scene(4)),
        "dark": _scene(6).point(lambda value: value // 5),
        "soft": _scene(0).filter(ImageFilter.GaussianBlur(2)).resize((160, 107)),
        "tiny": _scene(5).resize((32, 21)),
        "one-colour": Image.new("RGB", (300, 200), (90, 120, 200)),
    }
    _save(folder / "queries", others | edited | {"other-mark": _mark(2)})
    for name in ("form-0", "scene-1", "mark-1"):
        (folder / "queries" / f"same-{name}.png").write_bytes(
            (folder / "library" / f"{name}.png").read_bytes()
        )
    run = command_line.run(
        *("find", "queries", "library", "--model", "gist", "--per-query", "14", "--json"), cwd=folder
    )
    assert run.returncode == 0, run.stderr
    found: Matches = {}
    for match in json.loads(run.stdout)["matches"]:
        found.setdefault(match["query_id"], []).append(match)
    return found


def _called(matches: Matches, query: str) -> set[str]:
    """The references that a query is reported as a copy of."""
    return {match["reference_id"] for match in matches[query] if match["likely_copy"]}


@pytest.mark.parametrize("name", ["form-0", "scene-1", "mark-1"])
def test_an_identical_file_is_a_copy_for_certain_and_comes_first(matches: Matches, name: str) -> None:
    best = matches[f"same-{name}"][0]
    assert (best["reference_id"], best["score"], best["verdict"]) == (name, 1.0, "copy")
    assert (best["identical"], best["likelihood_ratio"]) == (True, None)
    others = [match["score"] for found in matches.values() for match in found if not match["identical"]]
    assert max(others) < 1


@pytest.mark.parametrize("template", range(4))
def test_another_page_of_the_same_template_is_no_copy(matches: Matches, template: int) -> None:
    assert _called(matches, f"other-form-{template}") == set()


@pytest.mark.parametrize("query", ["other-mark", "one-colour"])
def test_pictures_that_show_little_are_not_called_copies(matches: Matches, query: str) -> None:
    assert _called(matches, query) == set()


def test_all_pictures_of_a_collage_are_found_and_no_other(matches: Matches) -> None:
    assert _called(matches, "collage") == set(COLLAGE)


@pytest.mark.parametrize(
    ("query", "reference"),
    [("corner", "scene-2"), ("covered", "scene-4"), ("dark", "scene-6"), ("soft", "scene-0")],
)
def test_heavy_edits_are_seen_through(matches: Matches, query: str, reference: str) -> None:
    assert _called(matches, query) == {reference}


def test_a_picture_of_32_pixels_gets_no_false_copy(matches: Matches) -> None:
    assert _called(matches, "tiny") <= {"scene-5"}


def test_a_match_says_where_each_picture_lies_in_the_other(matches: Matches) -> None:
    found = matches["corner"][0]
    assert found["reference_share"] == pytest.approx(0.25, abs=0.03)
    assert found["query_share"] == pytest.approx(1, abs=0.03)
    assert np.abs(np.array(found["reference_quad"]) - [[0, 0], [240, 0], [240, 160], [0, 160]]).max() < 5
    assert found["edits"] == ["cropped to 25% of the original"]
    assert not found["mirrored"]
    assert found["distance"] > 0
    assert found["compared"]
    assert (found["query_path"], found["reference_path"]) == ("corner.png", "scene-2.png")
