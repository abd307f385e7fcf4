"""`copytrace models`: what can turn an image into a vector here."""

from __future__ import annotations

from copytrace.cli import terminal


def models(*, as_json: terminal.Json = False) -> None:
    """List the descriptors that can be used here."""
    terminal.result_json([]) if as_json else terminal.result("")
