"""The real command line, on real files."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from copytrace.edits.drawing.scenes import draw_picture

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Run = subprocess.CompletedProcess[str]


@pytest.fixture
def copytrace(tmp_path: Path) -> Callable[..., Run]:
    """Run the command line in an empty folder; the arguments may be paths."""

    def run(*arguments: object) -> Run:
        command = [sys.executable, "-m", "copytrace", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    return run


@pytest.fixture
def copytrace_out_of_space(tmp_path: Path) -> Callable[..., Run]:
    """Run the command line where no file may grow beyond some bytes, as on a full disk."""

    def run(most_bytes: int, *arguments: object) -> Run:
        code = (
            f"import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({most_bytes}, {most_bytes})); "
            "sys.argv[0] = 'copytrace'; runpy.run_module('copytrace', run_name='__main__')"
        )
        command = [sys.executable, "-c", code, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    return run


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of twelve drawn pictures, R00.jpg to R11.jpg."""
    folder = tmp_path_factory.mktemp("library")
    for seed in range(12):
        draw_picture(seed).save(folder / f"R{seed:02d}.jpg", quality=90)
    return folder


@pytest.fixture(scope="session")
def suspects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Q03.jpg and Q07.jpg are smaller, re-encoded copies of R03 and R07; Q90.jpg is no copy."""
    folder = tmp_path_factory.mktemp("suspects")
    for seed in (3, 7):
        picture = draw_picture(seed)
        picture.resize((picture.width * 2 // 3, picture.height * 2 // 3)).save(
            folder / f"Q{seed:02d}.jpg", quality=40
        )
    draw_picture(90).save(folder / "Q90.jpg", quality=90)
    return folder
