from __future__ import annotations

from pathlib import Path

import pytest

from copytrace.cli import host
from copytrace.cli.commands import COMMANDS
from copytrace.hosting.environment import PREFIX, SETTINGS

TEXT = (Path(__file__).parents[3] / "docs" / "hosting.md").read_text()


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_in_the_table_as_it_is(setting):
    shown = {None: "**must be set**", "": "(empty)"}.get(setting.default, f"`{setting.default}`")
    assert f"| `{PREFIX}{setting.name}` | {shown} | {setting.meaning} |" in TEXT


PARTICIPANT_COMMANDS = [command.name for command in COMMANDS if command.module.startswith("participant.")]
HOST_COMMANDS = [command.__name__.replace("_", "-") for command in host.COMMANDS]


@pytest.mark.parametrize("name", [*HOST_COMMANDS, *PARTICIPANT_COMMANDS])
def test_every_verb_is_documented(name):
    assert f"copytrace host {name}" in TEXT or f"copytrace {name} " in TEXT
