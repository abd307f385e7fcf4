"""Texts read as a native technical writer would write them: the rules are in docs/contributing/writing.md."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]

FOLDERS = ("benchmarks", "docs", "src", "tests")
# These quote banned phrases, or are generated or historical.
EXEMPT = (
    "docs/contributing/writing.md",
    "docs/generated",
    "src/copytrace/hosting/migrations",
    "tests/docs/test_writing.py",
)
TEXTS = {".css", ".html", ".j2", ".js", ".md", ".py", ".toml", ".txt", ".yaml"}

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
    r"\bheld against\b",
    r"\bset aside\b",
    r"\bso many times\b",
    r"\b(can|may|cannot) be had\b",
    r"\bas it stands (here|there)\b",
    r"\bfits? to\b",
    r"\bof its making\b",
    # No package index has copytrace: extras are installed in a checkout.
    r"pip install [^.]*\bcopytrace\[",
)
_BANNED = re.compile("|".join(BANNED), re.IGNORECASE)


def texts() -> list[Path]:
    files = [
        *(path for path in ROOT.iterdir() if path.suffix in TEXTS),
        *(path for name in FOLDERS for path in (ROOT / name).rglob("*") if path.suffix in TEXTS),
        *(ROOT / "scripts").iterdir(),
    ]
    exempt = [ROOT / name for name in EXEMPT]
    return [path for path in files if not any(path.is_relative_to(other) for other in exempt)]


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
