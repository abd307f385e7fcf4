"""`copytrace doctor`: what this installation can do."""

from __future__ import annotations
from copytrace.cli import terminal


def doctor(*, as_json: terminal.Json = False) -> None:
    """Check what this installation can do, and how to get what is missing.

    Examples:
        copytrace doctor
        copytrace doctor --json
    """
