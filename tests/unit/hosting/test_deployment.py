"""The settings of production, in a separate process."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = {
    "DATA": "data",
    "SECRET_KEY": "b2f7c6d1e9a84035b7c2d6e8f1a90b34c5d7e8f9a0b1c2d3e4f5",
    "NAMES": "challenge.example.org",
    "URL": "https://challenge.example.org",
}


def _run(arguments: list[str], tmp_path: Path, left_out: str = "") -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COPYTRACE_")}
    told = {f"COPYTRACE_HOST_{name}": value for name, value in SETTINGS.items() if name != left_out}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env=kept | told | {"DJANGO_SETTINGS_MODULE": "copytrace.hosting.settings"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_production_settings_have_nothing_to_object_to(tmp_path):
    done = _run(["django", "check", "--deploy", "--fail-level", "WARNING"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_every_change_of_a_table_has_its_migration(tmp_path):
    (tmp_path / "data").mkdir()
    done = _run(["django", "makemigrations", "--check", "--dry-run", "hosting"], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["DATA", "SECRET_KEY", "NAMES"])
def test_a_host_without_a_needed_setting_refuses_to_start(name, tmp_path):
    done = _run(["copytrace", "host", "worker"], tmp_path, left_out=name)
    assert done.returncode == 2
    assert f"COPYTRACE_HOST_{name} is not set: " in done.stderr
    assert "Traceback" not in done.stderr
