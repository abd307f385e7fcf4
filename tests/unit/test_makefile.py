"""The environments that the Makefile's targets set up."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("target", "level"),
    [
        ("demo", "demo"),
        ("docs", "docs"),
        ("docs-serve", "docs"),
        ("test", "all"),
        ("check", "all"),
        ("format", "all"),
    ],
)
def test_each_target_sets_up_what_it_needs_and_no_more(target: str, level: str) -> None:
    plan = subprocess.run(
        ["make", "--dry-run", "--always-make", target], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()

    assert [line for line in plan if "scripts/setup" in line] == [f"scripts/setup .venv {level}"]


def test_setup_asks_for_a_level() -> None:
    for arguments in ([], ["unused"], ["unused", "nothing"]):
        run = subprocess.run(
            [ROOT / "scripts" / "setup", *arguments], capture_output=True, text=True, check=False
        )
        assert run.returncode != 0
        assert "usage: scripts/setup VENV demo|docs|all" in run.stderr
    assert not (ROOT / "unused").exists()


def test_the_tests_of_another_python_ask_for_one_that_is_installed() -> None:
    for arguments, code, sentence in (
        ([], 1, "usage: scripts/test-python VERSION"),
        (["2.99"], 3, "Python 2.99 is not installed"),
    ):
        run = subprocess.run(
            [ROOT / "scripts" / "test-python", *arguments], capture_output=True, text=True, check=False
        )
        assert run.returncode == code
        assert sentence in run.stderr
    assert not (ROOT / ".venv/python-2.99").exists()
