"""Small HDF5 files and descriptor sets, with faults of every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def hdf5(tmp_path: Path) -> Callable[..., Path]:
    """Write an HDF5 file with datasets; names with a leading underscore become attributes."""

    def write(**members: Any) -> Path:
        path = tmp_path / "file.h5"
        with h5py.File(path, "w") as file:
            for name, value in members.items():
                if name.startswith("_"):
                    file.attrs[name[1:]] = value
                else:
                    file[name] = value
        return path

    return write


@pytest.fixture
def descriptor_set(hdf5: Callable[..., Path]) -> Callable[..., Path]:
    """Write a descriptor set of three images, valid except for the given members; None: left out."""

    def write(**members: Any) -> Path:
        valid = {
            "ids": ["Q0", "Q1", "Q2"],
            "vectors": np.arange(6, dtype=np.float32).reshape(3, 2),
            "_model": "pdq",
            "_model_sha256": "",
            "_copytrace_version": "0.1.0",
        }
        return hdf5(**{name: value for name, value in (valid | members).items() if value is not None})

    return write
