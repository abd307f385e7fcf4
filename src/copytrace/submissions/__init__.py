"""Challenge files and descriptor sets: read, check, write. The formats are described in docs/formats.md."""

from copytrace.submissions.checking import check_submission
from copytrace.submissions.descriptor_set import (
    StoredDescriptors,
    is_descriptor_file,
    open_descriptors,
    read_descriptors,
)
from copytrace.submissions.descriptor_set_writer import DescriptorSetWriter, write_descriptors
from copytrace.submissions.descriptor_track import (
    DescriptorSubmission,
    QueriesOnly,
    open_descriptor_submission,
    open_queries_only,
)
from copytrace.submissions.descriptor_track_writer import write_descriptor_submission, write_queries_only
from copytrace.submissions.frozen import FrozenReferences, open_frozen, reference_digest
from copytrace.submissions.id_list import read_id_list
from copytrace.submissions.matching_track import read_matches, write_matches
from copytrace.submissions.recipes import QueryRecipe, RecipeStep, read_recipes
from copytrace.submissions.roles import query_vectors, reference_vectors, require_same_model
from copytrace.submissions.truth import read_truth
from copytrace.submissions.vector_rows import Rows, VectorRows

__all__ = [
    "DescriptorSetWriter",
    "DescriptorSubmission",
    "FrozenReferences",
    "QueriesOnly",
    "QueryRecipe",
    "RecipeStep",
    "Rows",
    "StoredDescriptors",
    "VectorRows",
    "check_submission",
    "is_descriptor_file",
    "open_descriptor_submission",
    "open_descriptors",
    "open_frozen",
    "open_queries_only",
    "query_vectors",
    "read_descriptors",
    "read_id_list",
    "read_matches",
    "read_recipes",
    "read_truth",
    "reference_digest",
    "reference_vectors",
    "require_same_model",
    "write_descriptor_submission",
    "write_descriptors",
    "write_matches",
    "write_queries_only",
]
