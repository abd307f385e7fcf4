"""Finds copies within one collection: groups them, chooses which picture to keep, and deals with the rest."""

from copytrace.duplicates.actions import ACTIONS, Action, Outcome, Plan, act, plan, undo
from copytrace.duplicates.find import find_duplicates
from copytrace.duplicates.keep import KEEP, KeepRule
from copytrace.duplicates.records import Duplicates, Group, Kind, Member, Picture
from copytrace.duplicates.report import report_duplicates
from copytrace.duplicates.table import write_groups

__all__ = [
    "ACTIONS",
    "KEEP",
    "Action",
    "Duplicates",
    "Group",
    "KeepRule",
    "Kind",
    "Member",
    "Outcome",
    "Picture",
    "Plan",
    "act",
    "find_duplicates",
    "plan",
    "report_duplicates",
    "undo",
    "write_groups",
]
