"""Vectors in memory or in files, descriptor sets and their roles, and hardened HDF5 reading.

Modules that need HDF5 are imported on first use, since that library takes a while to load.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from copytrace.vectors.input_file import is_descriptor_file, is_descriptor_set

if TYPE_CHECKING:
    from copytrace.vectors.descriptor_set import (
        map_vectors,
        open_descriptors,
        read_descriptors,
        read_header,
    )
    from copytrace.vectors.descriptor_set_writer import DescriptorSetWriter, write_descriptors
    from copytrace.vectors.roles import query_vectors, reference_vectors, require_same_model, tile_vectors
    from copytrace.vectors.stored_descriptors import Header, StoredDescriptors
    from copytrace.vectors.vectors import Vectors, chunk_rows

_WHERE = {
    "DescriptorSetWriter": "descriptor_set_writer",
    "Header": "stored_descriptors",
    "StoredDescriptors": "stored_descriptors",
    "Vectors": "vectors",
    "chunk_rows": "vectors",
    "map_vectors": "descriptor_set",
    "open_descriptors": "descriptor_set",
    "query_vectors": "roles",
    "read_descriptors": "descriptor_set",
    "read_header": "descriptor_set",
    "reference_vectors": "roles",
    "require_same_model": "roles",
    "tile_vectors": "roles",
    "write_descriptors": "descriptor_set_writer",
}

__all__ = [
    "DescriptorSetWriter",
    "Header",
    "StoredDescriptors",
    "Vectors",
    "chunk_rows",
    "is_descriptor_file",
    "is_descriptor_set",
    "map_vectors",
    "open_descriptors",
    "query_vectors",
    "read_descriptors",
    "read_header",
    "reference_vectors",
    "require_same_model",
    "tile_vectors",
    "write_descriptors",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is asked for
    if name not in _WHERE:
        raise AttributeError(f"module 'copytrace.vectors' has no attribute '{name}'")
    return getattr(import_module(f"copytrace.vectors.{_WHERE[name]}"), name)
