from __future__ import annotations

from pathlib import Path

import pytest

from copytrace.cli import host
from copytrace.cli.commands import COMMANDS
from copytrace.hosting.environment import PREFIX, SETTINGS

DOCS = Path(__file__).parents[3] / "docs"
HOSTING, PARTICIPANTS = ((DOCS / name).read_text() for name in ("hosting.md", "participants.md"))


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_in_the_table_as_it_is(setting):
    shown = {None: "**must be set**", "": "(empty)"}.get(setting.default, f"`{setting.default}`")
    assert f"| `{PREFIX}{setting.name}` | {shown} | {setting.meaning} |" in HOSTING


@pytest.mark.parametrize("name", [command.__name__.replace("_", "-") for command in host.COMMANDS])
def test_every_verb_of_a_host_is_documented(name):
    assert f"copytrace host {name}" in HOSTING


@pytest.mark.parametrize(
    "name", [command.name for command in COMMANDS if command.module.startswith("participant.")]
)
def test_every_verb_of_a_participant_is_in_the_guide(name):
    assert f"copytrace {name} " in PARTICIPANTS
