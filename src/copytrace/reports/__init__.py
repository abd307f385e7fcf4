"""HTML reports and plots."""

from copytrace.reports.matches_page import (
    REPORT_MARK,
    MatchesPage,
    Role,
    RoleNames,
    ShownPair,
    ShownPicture,
    app_file,
    write_matches_page,
)
from copytrace.reports.plots import check_picture_file, draw_breakdown, draw_precision_recall

__all__ = [
    "REPORT_MARK",
    "MatchesPage",
    "Role",
    "RoleNames",
    "ShownPair",
    "ShownPicture",
    "app_file",
    "check_picture_file",
    "draw_breakdown",
    "draw_precision_recall",
    "write_matches_page",
]
