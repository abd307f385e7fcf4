"""Search: the closest pairs of two sets of vectors, and the nearest references of each query."""

from copytrace.search.kept import KeptBlock, KeptSearch, keep_block
from copytrace.search.merge import Part, limit_of, merge_neighbours, merge_pairs
from copytrace.search.searcher import SEARCHERS, Searcher, closest_pairs, nearest
from copytrace.search.sharded import closest_pairs_over, nearest_over

__all__ = [
    "SEARCHERS",
    "KeptBlock",
    "KeptSearch",
    "Part",
    "Searcher",
    "closest_pairs",
    "closest_pairs_over",
    "keep_block",
    "limit_of",
    "merge_neighbours",
    "merge_pairs",
    "nearest",
    "nearest_over",
]
