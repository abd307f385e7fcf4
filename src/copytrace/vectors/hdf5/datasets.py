"""Opens the datasets of a format: finds them, checks them, and only then makes them readable."""

from __future__ import annotations

import copyreg
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.errors import SubmissionError
from copytrace.vectors.faults import Faults
from copytrace.vectors.hdf5.element_types import number_type, text_type
from copytrace.vectors.hdf5.opening import find_dataset, noting_damage, open_hdf5
from copytrace.vectors.hdf5.storage import judge_place, judge_storage
from copytrace.vectors.hdf5.stored_array import StoredArray

if TYPE_CHECKING:
    from collections.abc import Callable

    import h5py

    from copytrace.vectors.hdf5.element_types import ElementType

    TypeJudge = Callable[[h5py.h5d.DatasetID, str, Faults], ElementType | None]


def open_matrix(file: h5py.File, name: str, faults: Faults, *, most_dims: int) -> StoredArray | None:
    """Open a dataset of numbers of shape (n, d) with n >= 1 and 1 <= d <= most_dims; None and faults otherwise."""
    rows = _open(file, name, 2, number_type, faults)
    if rows is None:
        return None
    if rows.shape[1] > most_dims:
        faults.add(
            f"{name!r} is {rows.shape} {rows.stored}; expected at most {most_dims} dims."
            f" Try a model with at most {most_dims} dimensions: copytrace models"
        )
        return None
    return rows


def open_numbers(file: h5py.File, name: str, faults: Faults) -> StoredArray | None:
    """Open a dataset of numbers of shape (n,) with n >= 1; None and faults otherwise."""
    return _open(file, name, 1, number_type, faults)


def open_texts(file: h5py.File, name: str, faults: Faults) -> StoredArray | None:
    """Open a dataset of texts of shape (n,) with n >= 1; None and faults otherwise."""
    return _open(file, name, 1, text_type, faults)


def _reopen(path: str, name: str, shape: tuple[int, ...]) -> StoredArray:
    """Open a dataset of numbers that another process opened; the file stays open as long as the array exists.

    Raises:
        SubmissionError: the file is missing, or is a different one.
    """
    with ExitStack() as stack:
        faults = Faults(Path(path))
        rows = _open(stack.enter_context(open_hdf5(Path(path))), name, len(shape), number_type, faults)
        if rows is not None and rows.shape != shape:
            faults.add(f"{name!r} is {rows.shape} on this machine; expected {shape}, as on the driver's.")
        if rows is None or faults:
            raise SubmissionError(faults.sentences())
        rows.keep = stack.pop_all()
        return rows


def _place(rows: StoredArray) -> tuple[Callable[..., StoredArray], tuple[object, ...]]:
    return _reopen, (str(Path(rows.path).resolve()), rows.name, rows.shape)


# An array of numbers is pickled as its place in the file, so a worker opens the file itself.
copyreg.pickle(StoredArray, _place)


def _open(file: h5py.File, name: str, rank: int, judge_type: TypeJudge, faults: Faults) -> StoredArray | None:
    with noting_damage(repr(name), faults):
        dataset = find_dataset(file, name, faults)
        if dataset is None or not judge_place(dataset, name, faults):
            return None
        element = judge_type(dataset, name, faults)
        if element is None or not _judge_shape(dataset, name, rank, faults):
            return None
        file_bytes = Path(file.filename).stat().st_size
        storage = judge_storage(dataset, name, element.stored.itemsize, file_bytes, faults)
        return None if storage is None else StoredArray(file, name, dataset, element, storage)
    return None


def _judge_shape(dataset: h5py.h5d.DatasetID, name: str, rank: int, faults: Faults) -> bool:
    shape = dataset.shape
    if shape is None or len(shape) != rank:
        wanted = "(rows, dims)" if rank == 2 else "(rows,)"  # noqa: PLR2004 - a matrix has two axes
        faults.add(f"{name!r} has the shape {shape}; expected {wanted}.")
        return False
    if 0 in shape:
        faults.add(f"{name!r} is empty: its shape is {shape}. Write at least one row.")
        return False
    return True
