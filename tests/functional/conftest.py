"""The real command line, on real files."""

from __future__ import annotations

import resource
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from command_line import CommandLine
from copytrace.edits.drawing.scenes import draw_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Run = subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def command_line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """Runs commands without importing the libraries each time."""
    started = CommandLine(tmp_path_factory.mktemp("command-line"))
    yield started
    started.close()


@pytest.fixture
def copytrace(command_line: CommandLine, tmp_path: Path) -> Callable[..., Run]:
    """Run the command line in an empty folder; the arguments may be paths."""

    def run(*arguments: object) -> Run:
        return command_line.run(*arguments, cwd=tmp_path)

    return run


@pytest.fixture
def copytrace_out_of_space(command_line: CommandLine, tmp_path: Path) -> Callable[..., Run]:
    """Run the command line with a limit on the size of files, as on a full disk."""

    def run(most_bytes: int, *arguments: object) -> Run:
        return command_line.run(*arguments, cwd=tmp_path, limits={resource.RLIMIT_FSIZE: most_bytes})

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


@pytest.fixture
def browser() -> Iterator[Any]:
    """A browser, closed after each test: its event loop would block Django's database for the process's other tests."""
    from playwright.sync_api import sync_playwright

    from hosting_browser import launch

    with sync_playwright() as playwright:
        found = launch(playwright)
        yield found
        found.close()
