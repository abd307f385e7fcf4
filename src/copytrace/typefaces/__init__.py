"""The DejaVu fonts, for text in pictures and plots: the same on every machine.

They cover Latin, Greek, Cyrillic, Armenian, Georgian and Hebrew. LICENSE in this folder applies to them.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["font_path"]


def font_path(file_name: str) -> Path:
    """The path of a font, such as `DejaVuSans.ttf`."""
    return Path(__file__).parent / file_name
