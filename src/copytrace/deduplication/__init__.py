"""Copies within one collection: which pictures are copies of which, which one to keep, and what to do with the rest."""

from copytrace.deduplication.actions import ACTIONS, Action, Outcome, Plan, act, plan, undo
from copytrace.deduplication.find import find_duplicates
from copytrace.deduplication.keep import KEEP, KeepRule
from copytrace.deduplication.records import Duplicates, Group, Kind, Member, Picture
from copytrace.deduplication.report import report_duplicates
from copytrace.deduplication.table import write_groups

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
