"""HTML reports and plots, for who prefers to look."""

from copytrace.reports.matches_page import MatchesPage, ShownPair, write_matches_page

__all__ = ["MatchesPage", "ShownPair", "write_matches_page"]
