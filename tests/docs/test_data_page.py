"""The examples in docs/data.md work as written."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from copytrace.data import parse_dataset, read_manifest
from copytrace.stores import parse_address

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text()


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_example_manifest_and_description_are_read(tmp_path: Path) -> None:
    (tmp_path / "set.csv").write_text(_blocks("csv")[0])
    assert [entry.path for entry in read_manifest(tmp_path / "set.csv")] == ["final_queries/Q50000.jpg"]
    dataset = parse_dataset(_blocks("yaml")[0], home=parse_address(str(tmp_path)), name="set.yaml")
    assert [mirror.name for mirror in dataset.mirrors] == ["us-west-2", "ap-southeast-1", "eu-central-1"]


def test_the_python_example_runs(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _blocks("python")[0]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == "8\n"


def test_the_lines_for_other_tools_are_those_that_are_printed() -> None:
    command = ["data", "commands", "isc2021", "--region", "us-west-2", "--phase", "2"]
    run = subprocess.run(
        [sys.executable, "-m", "copytrace", *command], capture_output=True, text=True, check=True
    )
    assert f"```\n{run.stdout}```" in PAGE
