"""A library of images for daily use: an embedded store to add to, remove from and search."""

from copytrace.library.library import Library
from copytrace.library.library_model import UpgradedError
from copytrace.library.metadata import read_metadata
from copytrace.library.records import COLUMNS, Changes, Checked, Hit, Item, Lookup, Settings, Stats, Verdict
from copytrace.library.review_queue import Review
from copytrace.library.upgrade import IncompleteUpgradeError, Upgraded
from copytrace.library.uploads import Described, ItemExistsError

__all__ = [
    "COLUMNS",
    "Changes",
    "Checked",
    "Described",
    "Hit",
    "IncompleteUpgradeError",
    "Item",
    "ItemExistsError",
    "Library",
    "Lookup",
    "Review",
    "Settings",
    "Stats",
    "Upgraded",
    "UpgradedError",
    "Verdict",
    "read_metadata",
]
