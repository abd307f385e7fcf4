"""The datasets that copytrace knows by name."""

from __future__ import annotations

from pathlib import Path

CHALLENGES: dict[str, Path] = {
    "demo": Path(__file__).parent / "demo" / "dataset.yaml",
    "isc2021": Path(__file__).parent / "isc2021.yaml",
}
"""The description of each, by name."""

__all__ = ["CHALLENGES"]
