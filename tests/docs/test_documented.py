"""What users can do is written down where they look."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from copytrace.cli.commands import COMMANDS, Command
from copytrace.descriptors import DESCRIPTORS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
QUALITY = (ROOT / "docs" / "quality.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_verb_is_in_the_readmes_table(command: Command) -> None:
    assert f"| `copytrace {command.name}" in README


@pytest.mark.parametrize("name", [card.name for card, _ in DESCRIPTORS])
def test_the_quality_of_every_descriptor_is_written_down(name: str) -> None:
    assert f"| {name} |" in QUALITY


def test_links_between_pages_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
