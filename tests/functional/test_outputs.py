"""No command destroys files: an existing output needs --replace; inputs, links and devices are never replaced."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from copytrace.cli.app import app

FILES = {
    "describe": "describe photos -o OUT",
    "describe --failures": "describe photos -o set.h5 --failures OUT",
    "find": "find photos set.h5 -o OUT",
    "find --failures": "find photos set.h5 --failures OUT",
    "pack": "pack photo.jpg set.h5 -o OUT",
    "score --plot": "score photo.jpg --truth set.h5 --plot OUT.svg",
    "score --breakdown-plot": "score photo.jpg --truth set.h5 --breakdown r.jsonl --breakdown-plot OUT.svg",
    "edit": "edit photo.jpg --apply hflip -o OUT.png",
    "edit --sheet": "edit photo.jpg --sheet OUT.png",
    "benchmark --failures": "benchmark photos -o bench --failures OUT",
    "fit-background": "fit-background photos -o OUT",
    "fit-background --failures": "fit-background photos -o bank.npz --failures OUT",
    "data get --failures": "data get demo -o data --failures OUT",
    "data verify --failures": "data verify photos --failures OUT",
    "data manifest": "data manifest photos -o OUT.csv",
    "models convert": "models convert photo.jpg -o OUT",
}
"""Every output file of every command."""

FOLDERS = {
    "find --report": ("find photos set.h5 --report OUT", ".copytrace-report"),
    "demo": ("demo -o OUT --images photos", ".copytrace-demo"),
}
"""Every output folder that is replaced as a whole, and the file that marks one."""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with inputs that no command can use: outputs are rejected before inputs are read."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").touch()
    for name in ("photo.jpg", "set.h5", "r.jsonl"):
        (tmp_path / name).write_text(name)
    return tmp_path


def _output(command: str) -> Path:
    return Path(next(word for word in command.split() if word.startswith("OUT")))


def _refused(command: str) -> str:
    done = CliRunner().invoke(app, command.split())
    assert done.exit_code == 2, done.output
    return done.output


@pytest.mark.parametrize("command", FILES.values(), ids=FILES)
def test_an_existing_file_is_refused_and_stays_unchanged(command: str) -> None:
    _output(command).write_text("old")
    assert f"{_output(command)}: already exists" in _refused(command)
    assert _output(command).read_text() == "old"


@pytest.mark.parametrize("command", FILES.values(), ids=FILES)
def test_a_link_is_refused_and_its_target_stays_unchanged(place: Path, command: str) -> None:
    (place / "target").write_text("old")
    _output(command).symlink_to("target")
    options = " --replace" if "describe" not in command else ""
    assert f"{_output(command)}: is a link to target" in _refused(command + options)
    assert (place / "target").read_text() == "old"
    assert _output(command).is_symlink()


@pytest.mark.parametrize(
    "command",
    [
        "describe photo.jpg -o photo.jpg --replace",
        "find photo.jpg set.h5 -o set.h5 --replace",
        "find photo.jpg set.h5 --failures photo.jpg --replace",
        "pack photo.jpg set.h5 -o set.h5 --replace",
        "edit photo.jpg --apply hflip -o photo.jpg --replace",
        "fit-background photo.jpg -o photo.jpg --replace",
        "find photos set.h5 --report photos --replace",
        "describe photos -o photos/a.jpg --replace",
        "fit-background photos -o photos/a.jpg --replace",
    ],
)
def test_an_input_is_never_replaced(place: Path, command: str) -> None:
    (place / "photos" / ".copytrace-report").touch()
    assert re.search("input|is one of the images to read", _refused(command))
    assert (place / "photo.jpg").read_text() == "photo.jpg"
    assert (place / "set.h5").read_text() == "set.h5"
    assert (place / "photos" / "a.jpg").stat().st_size == 0


@pytest.mark.parametrize(
    "command",
    [
        "describe photos -o OUT --failures OUT",
        "find photos set.h5 -o OUT --failures ./OUT",
        "find photos set.h5 -o OUT/matches.csv --report OUT --replace",
        "fit-background photos -o OUT --failures OUT",
        "score photo.jpg --truth set.h5 --breakdown r.jsonl --plot OUT.svg --breakdown-plot OUT.svg",
    ],
)
def test_no_output_replaces_another_of_the_same_command(command: str) -> None:
    assert "one output would replace the other" in _refused(command)


@pytest.mark.parametrize(("command", "mark"), FOLDERS.values(), ids=FOLDERS)
def test_an_earlier_output_folder_is_refused_and_stays_unchanged(command: str, mark: str) -> None:
    _output(command).mkdir()
    (_output(command) / mark).touch()
    assert "already holds an earlier output. To replace it, add --replace" in _refused(command)
    assert (_output(command) / mark).exists()


@pytest.mark.parametrize(("command", "mark"), FOLDERS.values(), ids=FOLDERS)
def test_a_folder_that_holds_something_else_is_refused_even_with_replace(command: str, mark: str) -> None:
    _output(command).mkdir()
    (_output(command) / "diary.txt").write_text("mine")
    assert "contains other files" in _refused(f"{command} --replace")
    assert (_output(command) / "diary.txt").read_text() == "mine"
    assert not (_output(command) / mark).exists()


def test_the_failures_of_an_earlier_run_are_replaced_by_those_of_the_next(place: Path) -> None:
    (place / "bad.csv").write_text("image,reason\nphotos/b.jpg,is empty\n")
    done = CliRunner().invoke(app, ["describe", "photos", "-o", "new.h5", "--failures", "bad.csv"])
    assert done.exit_code == 1
    done = CliRunner().invoke(app, ["find", "photos", "photo.jpg", "--failures", "bad.csv"])
    assert "already exists" not in done.output


@pytest.mark.parametrize("verb", ["benchmark", "data get", "data verify"])
def test_help_says_what_replace_replaces_where_the_output_folder_stays(verb: str) -> None:
    done = CliRunner().invoke(app, [*verb.split(), "--help"], env={"COLUMNS": "200"})
    assert "Replace an existing file that --failures names." in done.output
