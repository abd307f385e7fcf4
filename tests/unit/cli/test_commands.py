from __future__ import annotations

import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from copytrace.cli.app import app, load
from copytrace.cli.commands import COMMANDS, GROUPS, SECTIONS
from copytrace.cli.help import read_help

if TYPE_CHECKING:
    from copytrace.cli.commands import Command


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_table_says_what_the_verb_says_of_itself(command: Command) -> None:
    real = get_command(load(command))
    assert real.name == command.name
    assert real.help is not None
    assert read_help(real.help).paragraphs[0] == command.help


@pytest.mark.parametrize("command", [*COMMANDS, *GROUPS], ids=lambda command: command.name)
def test_every_verb_has_two_examples_that_can_be_typed(command: Command) -> None:
    real: Any = get_command(load(command))
    for verb in real.commands.values() if command.is_group else [real]:
        typed = ["copytrace", command.name, *([verb.name] if command.is_group else [])]
        examples = read_help(verb.help).examples
        assert len(examples) == 2
        for example in examples:
            # Indented by two, it fits a terminal of 80 columns.
            assert len(example) <= 78
            words = shlex.split(example)
            assert words[: len(typed)] == typed
            verb.make_context(" ".join(typed), words[len(typed) :])


def test_help_lists_the_verbs_by_what_they_are_for() -> None:
    page = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "80"}).output
    titles = [line.removesuffix(":") for line in page.splitlines() if line.endswith(":")]
    assert titles == ["Usage", *(section.title for section in SECTIONS), "Options", "Examples"]


@pytest.mark.parametrize("columns", ["80", "50"])
def test_help_breaks_no_word_and_fits_the_terminal(columns: str) -> None:
    wide = CliRunner().invoke(app, ["find", "--help"], env={"COLUMNS": "1000"}).output
    narrow = CliRunner().invoke(app, ["find", "--help"], env={"COLUMNS": columns}).output
    assert narrow.split() == wide.split()
    text = narrow.partition("Examples:")[0]
    assert max(map(len, text.splitlines())) <= int(columns)


def test_completion_knows_the_options_of_verbs_that_are_not_imported_yet() -> None:
    words = {"COMP_WORDS": "copytrace library lookup --cop", "COMP_CWORD": "3"}
    done = CliRunner().invoke(
        app, env=words | {"_COPYTRACE_COMPLETE": "complete_bash"}, prog_name="copytrace"
    )
    assert done.output.split() == ["--copies"]


def test_help_imports_no_verb() -> None:
    listed = {command.module for command in (*COMMANDS, *GROUPS)}
    heavy = "numpy", "PIL", "pydantic", "pyarrow", "httpx", "rich"
    program = (
        "import sys\nfrom copytrace.cli.app import app\napp(['--help'], standalone_mode=False)\n"
        "print('imported', *sys.modules, sep='\\n')"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    page, _, imported = shown.partition("imported\n")
    assert all(command.name in page for command in (*COMMANDS, *GROUPS))
    assert not {*heavy, *(f"copytrace.cli.{module}" for module in listed)} & set(imported.split())
