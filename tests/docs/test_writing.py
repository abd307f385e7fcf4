"""Texts read as a native technical writer would write them: the rules are in docs/contributing/writing.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Folders and files that keep the rules; the others follow.
KEPT = (
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "docs/_extensions",
    "docs/api",
    "docs/commands",
    "docs/contributing/checklists.md",
    "docs/host-guide.md",
    "docs/hosting.md",
    "docs/index.md",
    "docs/library-guide.md",
    "docs/participants.md",
    "docs/tutorial.md",
    "src/copytrace/cli",
    "src/copytrace/client",
    "src/copytrace/hosting",
)
TEXTS = {".css", ".html", ".js", ".md", ".py", ".txt", ".yaml"}
WRITTEN_ONCE = "migrations"

BANNED = (
    r"\b(is|are|as) wanted\b",
    r"\bgo(es)? on (where|later|with)\b",
    r"\bwhat (it|all that\b.*) comes from\b",
    r"\ball that is\b",
    r"\bby which\b",
    r"\bin the place of\b",
    r"\bif only of\b",
    r"\bwhoever\b",
    r"\bnobody who\b",
    r"\b(hand|hands|handed|handing) in\b",
    r"\b(call|called|take|takes|taken) (it )?back\b",
    r"\bmakes? no sense\b",
    r"\bin force\b",
    r"\banew\b",
    r"\bfor ever\b",
    r"\b(is|are) told\b",
    r"\b(is|are) (asked|done) again\b",
    r"\bso many of\b",
    r"\bafter so (long|many)\b",
    r"\bbears? a\b",
    r"\bthere is no such\b",
    r"\bnot quite there\b",
)
_BANNED = re.compile("|".join(BANNED), re.IGNORECASE)


def texts() -> list[Path]:
    places = [ROOT / name for name in KEPT]
    files = [path for place in places for path in (place.rglob("*") if place.is_dir() else [place])]
    return [path for path in files if path.suffix in TEXTS and WRITTEN_ONCE not in path.parts]


@pytest.mark.parametrize("place", KEPT)
def test_every_place_that_keeps_the_rules_exists(place: str) -> None:
    assert (ROOT / place).exists()


def test_no_text_has_a_banned_phrase() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {phrase[0]}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for phrase in _BANNED.finditer(line)
    ]
    assert found == []


def test_the_test_knows_a_banned_phrase_when_it_sees_one() -> None:
    assert _BANNED.search("64 hexadecimal digits are wanted.")
    assert not _BANNED.search("Enter 64 hexadecimal digits.")
