"""HTML reports and plots, for who prefers to look."""

from copytrace.reports.matches_page import MatchesPage, ShownPair, write_matches_page
from copytrace.reports.precision_recall import check_picture_file, draw_precision_recall

__all__ = ["MatchesPage", "ShownPair", "check_picture_file", "draw_precision_recall", "write_matches_page"]
