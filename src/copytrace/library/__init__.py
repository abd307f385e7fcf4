"""A library of images for daily use: an embedded store that is added to, removed from and searched."""

from copytrace.library.library import Library
from copytrace.library.metadata import read_metadata
from copytrace.library.records import COLUMNS, Changes, Checked, Hit, Item, Lookup, Settings, Stats, Verdict

__all__ = [
    "COLUMNS",
    "Changes",
    "Checked",
    "Hit",
    "Item",
    "Library",
    "Lookup",
    "Settings",
    "Stats",
    "Verdict",
    "read_metadata",
]
