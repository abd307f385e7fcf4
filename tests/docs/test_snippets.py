"""The examples in the README and the documentation run as written."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner
from verified_match import ORIGINAL as PHOTOGRAPH

import copytrace
from copytrace.cli.app import app
from copytrace.pipelines.chunks import CHUNK_IMAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGES = {
    str(path.relative_to(ROOT)): path
    for path in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))
}

RUN = {
    "README.md": (
        "copytrace describe library/ -o library.h5 ",
        "library photo.jpg suspects",
    ),
    "docs/edits.md": ("copytrace edit photo.jpg --apply crop:0.3", "photo.jpg"),
    "docs/finding.md": (
        "copytrace find photo.jpg references.h5",
        "photo.jpg suspects queries.h5 references.h5",
    ),
    "docs/formats.md": (
        "copytrace pack queries.h5 --frozen",
        "queries.h5 references.h5 submission.h5 ids.txt truth.csv",
    ),
    "docs/library.md": ("copytrace library create agency", "photographs photo.jpg"),
    "docs/models.md": ("copytrace fit-background photographs/", "photographs library suspects"),
    "docs/scoring.md": ("copytrace score matches.csv ", "matches.csv submission.h5 truth.csv recipe.jsonl"),
}
"""For each page, how the block of commands to run begins, and the files that it needs."""

ELSEWHERE = {
    "docs/data.md": ["copytrace data get demo"],  # S3; tests/functional/data
    "docs/duplicates.md": [
        "copytrace duplicates"
    ],  # a journal by its date; tests/functional/test_duplicates.py
    "docs/formats.md": ["copytrace check SUBMISSION"],  # placeholders
    "docs/host-guide.md": ["copytrace demo", "copytrace host"],  # a site; tests/functional/hosting
    "docs/hosting.md": ["copytrace host", "copytrace login"],  # the same
    "docs/index.md": ["copytrace describe photographs/"],  # as in the tutorial; see below
    "docs/library-guide.md": [
        "copytrace library",
        "copytrace duplicates",
    ],  # docs/library.md, tests/functional
    "docs/library.md": [
        "copytrace library upgrade"
    ],  # tests/unit/library/test_upgrade.py, tests/functional/test_library.py
    "docs/participants.md": [
        "copytrace describe queries",  # tests/functional/test_pack.py, test_find.py
        "copytrace check",  # tests/functional/test_check.py
        "copytrace login",  # tests/functional/hosting
    ],
    "docs/performance.md": [
        "copytrace benchmark"
    ],  # generates pictures for measurements; tests/functional/test_benchmark.py
    "docs/models.md": ["copytrace models"],  # downloads; tests/functional/test_models.py
    "docs/quality.md": [
        "copytrace demo",
        "copytrace benchmark",
        "copytrace find queries/",  # a benchmark that is not published
    ],  # tests/functional/test_demo.py, test_benchmark.py
    "docs/training.md": [
        "copytrace train-inset",
        "copytrace train my-photographs/ -o run --teacher",
    ],  # tests/functional/test_train*.py
    "docs/service.md": [
        "copytrace library token tokens.json",
        "copytrace library decisions agency",
    ],  # tests/functional/test_service.py
    "docs/tutorial.md": ["copytrace "],  # run as a whole, below
}
"""Pages whose commands are not run, with the reason or the tests that run similar commands."""


def _blocks(page: str, *languages: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", PAGES[page].read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return [block for language, block in fenced if language in languages]


def _commands(page: str) -> list[str]:
    return [block for block in _blocks(page, "sh", "") if block.startswith("copytrace")]


def _picture(seed: int) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((96, 96))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files named in the snippets: enough images for several workers, copies of two, and the ground truth."""
    folder = tmp_path_factory.mktemp("files")
    for name in ("library", "photographs", "suspects"):
        (folder / name).mkdir()
    for seed in range(CHUNK_IMAGES + 2):
        _picture(seed).save(folder / "library" / f"R{seed:02d}.jpg")
        _picture(1000 + seed).save(folder / "photographs" / f"P{seed:02d}.jpg")
    for seed in (3, 7):
        _picture(seed).save(folder / "suspects" / f"Q{seed:02d}.jpg", quality=50)
    _picture(3).save(folder / "photo.jpg", quality=40)
    (folder / "truth.csv").write_text("query_id,reference_id\nQ03,R03\nQ07,R07\n")
    (folder / "ids.txt").write_text("Q03\nQ07\n")
    (folder / "matches.csv").write_text("query_id,reference_id,score\nQ03,R03,-1\nQ07,R07,-2\n")
    steps = '"steps": [{"edit": "jpeg", "strength": 0.5}]'
    (folder / "recipe.jsonl").write_text(
        "".join(f'{{"query": "Q{n}", "reference": "R{n}", {steps}}}\n' for n in ("03", "07"))
    )
    for name, images in (("queries", "suspects"), ("references", "library")):
        copytrace.describe(folder / images, folder / f"{name}.h5", model="gist", workers=1)
    copytrace.pack(folder / "queries.h5", folder / "references.h5", folder / "submission.h5")
    return folder


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to run the snippet in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _lay(files: Path, names: str, place: Path) -> None:
    for name in names.split():
        (place / name).symlink_to(files / name)


def _python(*arguments: str, text: str = "") -> str:
    run = subprocess.run(
        [sys.executable, *arguments], input=text, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


README_PYTHON = _blocks("README.md", "python")[0]
IN_A_THREAD = f"""
import threading
thread = threading.Thread(target=exec, args=({README_PYTHON!r}, {{}}))
thread.start()
thread.join()
"""


@pytest.mark.parametrize("way", ["file", "stdin", "thread"])
def test_the_readmes_python_example_runs_without_a_main_guard(files: Path, place: Path, way: str) -> None:
    _lay(files, "library suspects", place)
    (place / "example.py").write_text(IN_A_THREAD if way == "thread" else README_PYTHON)
    found = _python("-", text=README_PYTHON) if way == "stdin" else _python("example.py")
    first, second, *_ = (line.split()[:2] for line in found.splitlines())
    assert sorted([first, second]) == [["Q03", "R03"], ["Q07", "R07"]]


@pytest.mark.parametrize("page", [name for name in PAGES if _blocks(name, "python") and name != "README.md"])
@pytest.mark.usefixtures("place")
def test_the_python_examples_of_a_page_run(page: str) -> None:
    names: dict[str, object] = {}
    for block in _blocks(page, "python"):
        if not block.startswith(">>>") and block != README_PYTHON:  # Those run as doctests, and above.
            exec(compile(block, page, "exec"), names)  # noqa: S102 - the page's own example


def _each_command(block: str) -> Iterator[list[str]]:
    for line in block.splitlines():
        words = shlex.split(line, comments=True)
        while "&&" in words:
            yield words[1 : words.index("&&")]
            words = words[words.index("&&") + 1 :]
        yield words[1:]


@pytest.mark.parametrize("page", RUN)
def test_the_commands_of_a_page_run(files: Path, place: Path, page: str) -> None:
    beginning, needed = RUN[page]
    _lay(files, needed, place)
    (block,) = [block for block in _commands(page) if block.startswith(beginning)]
    for command in _each_command(block):
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 0, (command, done.output)


def test_the_tutorial_finds_the_copy_that_it_makes(place: Path) -> None:
    coffee = Image.open(PHOTOGRAPH)
    for name, picture in (
        ("photographs/coffee", coffee),
        ("photographs/tea", _picture(1)),
        ("suspects/a", coffee),
    ):
        (place / name).parent.mkdir(exist_ok=True)
        picture.save(place / f"{name}.jpg")
    said = ""
    for block in _commands("docs/tutorial.md"):
        for command in _each_command(block):
            done = CliRunner().invoke(app, command)
            assert done.exit_code == 0, (command, done.output)
            said += done.output
    assert "copy of coffee" in said
    assert all((place / name).exists() for name in ("match.png", "matches.csv", "report/index.html"))


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_commands_is_run_here_or_elsewhere(page: str) -> None:
    known = (*ELSEWHERE.get(page, ()), *([RUN[page][0]] if page in RUN else ()))
    assert [block for block in _commands(page) if not block.startswith(known)] == []
