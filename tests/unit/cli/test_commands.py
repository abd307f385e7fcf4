from __future__ import annotations

import subprocess
import sys

import pytest
from typer.main import get_command

from copytrace.cli.app import load_command
from copytrace.cli.commands import COMMANDS, GROUPS, Command


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_table_says_what_the_verb_says_of_itself(command: Command) -> None:
    real = get_command(load_command(command))
    assert real.name == command.name
    assert real.help is not None
    assert real.help.partition("\n\n")[0] == command.help


def test_help_imports_no_verb() -> None:
    listed = {command.module for command in (*COMMANDS, *GROUPS)}
    heavy = "numpy", "PIL", "pydantic", "pyarrow", "httpx"
    program = (
        "import sys\nfrom copytrace.cli.app import app\napp(['--help'], standalone_mode=False)\n"
        "print('imported', *sys.modules, sep='\\n')"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    page, _, imported = shown.partition("imported\n")
    assert all(command.name in page for command in (*COMMANDS, *GROUPS))
    assert not {*heavy, *(f"copytrace.cli.{module}" for module in listed)} & set(imported.split())
