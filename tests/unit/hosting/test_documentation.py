from __future__ import annotations

from pathlib import Path

import pytest

from copytrace.cli.host import HOST_COMMANDS
from copytrace.cli.participant import PARTICIPANT_COMMANDS
from copytrace.hosting.environment import PREFIX, SETTINGS

TEXT = (Path(__file__).parents[3] / "docs" / "hosting.md").read_text()


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_in_the_table_as_it_is(setting):
    shown = {None: "**must be set**", "": "(empty)"}.get(setting.default, f"`{setting.default}`")
    assert f"| `{PREFIX}{setting.name}` | {shown} | {setting.meaning} |" in TEXT


@pytest.mark.parametrize(
    "command", [*HOST_COMMANDS, *PARTICIPANT_COMMANDS], ids=lambda command: command.__name__
)
def test_every_verb_is_documented(command):
    name = command.__name__.replace("_", "-")
    assert f"copytrace host {name}" in TEXT or f"copytrace {name} " in TEXT
