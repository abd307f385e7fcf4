"""Challenge files: read, check, write. The formats are described in docs/formats.md.

Modules that need the HDF5 library or pydantic are imported on first use: scoring a CSV file needs neither.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from copytrace.submissions.id_list import read_id_list
from copytrace.submissions.matching_track import read_matches, write_matches
from copytrace.submissions.truth import read_truth

if TYPE_CHECKING:
    from copytrace.submissions.checking import check_submission
    from copytrace.submissions.descriptor_track import (
        DescriptorSubmission,
        QueriesOnly,
        open_descriptor_submission,
        open_queries_only,
    )
    from copytrace.submissions.descriptor_track_writer import write_descriptor_submission, write_queries_only
    from copytrace.submissions.frozen import FrozenReferences, open_frozen, reference_digest
    from copytrace.submissions.recipes import QueryRecipe, RecipeStep, read_recipes

_WHERE = {
    "DescriptorSubmission": "descriptor_track",
    "FrozenReferences": "frozen",
    "QueriesOnly": "descriptor_track",
    "QueryRecipe": "recipes",
    "RecipeStep": "recipes",
    "check_submission": "checking",
    "open_descriptor_submission": "descriptor_track",
    "open_frozen": "frozen",
    "open_queries_only": "descriptor_track",
    "read_recipes": "recipes",
    "reference_digest": "frozen",
    "write_descriptor_submission": "descriptor_track_writer",
    "write_queries_only": "descriptor_track_writer",
}

__all__ = [
    "DescriptorSubmission",
    "FrozenReferences",
    "QueriesOnly",
    "QueryRecipe",
    "RecipeStep",
    "check_submission",
    "open_descriptor_submission",
    "open_frozen",
    "open_queries_only",
    "read_id_list",
    "read_matches",
    "read_recipes",
    "read_truth",
    "reference_digest",
    "write_descriptor_submission",
    "write_matches",
    "write_queries_only",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is asked for
    if name not in _WHERE:
        raise AttributeError(f"module 'copytrace.submissions' has no attribute '{name}'")
    return getattr(import_module(f"copytrace.submissions.{_WHERE[name]}"), name)
