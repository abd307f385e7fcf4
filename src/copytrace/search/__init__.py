"""Search: the closest pairs of two sets of vectors, and the nearest references of each query."""

from copytrace.search.capped import closest_pairs
from copytrace.search.neighbours import nearest

__all__ = ["closest_pairs", "nearest"]
