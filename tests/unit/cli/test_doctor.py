from __future__ import annotations

import json
import re
import tempfile
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.testing import CliRunner

from copytrace import extras
from copytrace.cli import doctor
from copytrace.cli.app import app

if TYPE_CHECKING:
    import pytest


def checks(*, exit_code: int) -> dict[str, dict[str, Any]]:
    """What `copytrace doctor --json` finds, by name."""
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == exit_code, done.output
    told = json.loads(done.stdout)
    assert told["ok"] == (exit_code == 0)
    return {check["name"]: check for check in told["checks"]}


def test_a_sound_installation_has_no_problem_and_shows_the_terms_of_models() -> None:
    found = checks(exit_code=0)
    assert found["model copytrace"]["state"] == "ok"
    assert "Apache-2.0" in found["model copytrace"]["detail"]
    assert {
        "Python",
        "cores",
        "CPU features",
        "memory",
        "fonts",
        "extra host",
        "added models",
    } <= found.keys()


def test_what_is_missing_comes_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: str) -> str:
        if name in {"h5py", "numba"}:
            raise PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(doctor, "version", without)
    found = checks(exit_code=3)
    assert (found["h5py"]["state"], found["h5py"]["remedy"]) == ("problem", "pip install h5py")
    fast = found["extra fast"]
    assert (fast["state"], fast["detail"]) == ("optional", "lacks numba")
    assert fast["remedy"] == "pip install '.[fast]'"


def test_a_temporary_folder_that_cannot_be_written_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/proc/none")
    assert checks(exit_code=3)["temporary files"]["remedy"] == "Set TMPDIR to another folder"


def test_an_extra_for_a_later_python_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(extras.NEEDS_PYTHON, "sscd", (4, 0))
    monkeypatch.setattr("copytrace.descriptors.descriptor.find_spec", lambda _: None)
    assert checks(exit_code=0)["model sscd"]["remedy"] == "needs Python 4.0 or later"
    listed = CliRunner().invoke(app, ["models", "info", "sscd"])
    assert re.search(r"usable here: +no: needs Python 4\.0 or later", listed.stdout)


def test_every_extra_that_needs_a_later_python_is_marked_so_in_the_metadata() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    marked = {
        extra: tuple(map(int, found.groups()))
        for extra, lines in project["optional-dependencies"].items()
        for line in lines
        if (found := re.search(r"python_version >= '(\d+)\.(\d+)'", line))
    }
    assert marked == extras.NEEDS_PYTHON
