"""Background files (.npz): a bank of 8-bit vectors, and what `copytrace fit-background` adds to it."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.descriptors.background import Background, Normalisation, Projection
from copytrace.errors import DescriptorError
from copytrace.files import whole_file
from copytrace.vectors import is_descriptor_file

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from copytrace.records import Float32Array

_STEPS = 127

LARGEST = 1 << 30
"""Bytes: a bank of a million vectors of 1,024 dimensions."""


_DAMAGE = (
    *(ValueError, TypeError, KeyError, OSError, EOFError, MemoryError),
    # RuntimeError: the archive is encrypted, or compressed in a way that zipfile does not support.
    *(zipfile.BadZipFile, zlib.error, RuntimeError),
)
"""What NumPy and zipfile raise for a file that is not a sound archive of arrays."""


def quantised(vectors: Float32Array) -> tuple[npt.NDArray[np.int8], Float32Array]:
    """(k, d) float32 as int8, with the scale that restores them."""
    largest = float(np.abs(vectors).max(initial=0)) or 1.0
    scale = np.array(largest / _STEPS, np.float32)
    return np.rint(vectors / scale).astype(np.int8), scale


def write_background(path: Path, background: Background) -> None:
    """Write a background file (.npz); `read_background` returns the same.

    Raises:
        InputError: the folder does not exist.
    """
    arrays: dict[str, Any] = {
        "bank": background.bank,
        "scale": background.scale,
        "weight": np.float64(background.normalisation.weight),
        "ranks": np.array([background.normalisation.first, background.normalisation.last]),
        "model": np.array([background.model, background.model_sha256, background.quality]),
    }
    if background.normalisation.most is not None:
        arrays["most"] = np.float64(background.normalisation.most)
    if background.projection is not None:
        arrays |= {"mean": background.projection.mean, "axes": background.projection.axes}
    if background.threshold is not None:
        arrays["threshold"] = np.float64(background.threshold)
        arrays["threshold_source"] = np.array(background.threshold_source)
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def read_background(path: Path, normalisation: Normalisation | None = None) -> Background:
    """Read a background file: int8 `bank` (k, d) and float32 `scale`, and the optional parts of `write_background`.

    Args:
        path: the file.
        normalisation: the values of the model's card; values in the file take precedence.

    Raises:
        DescriptorError: the file is not a sound background.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            _require_modest(arrays)
            background = _background(dict(arrays), normalisation or Normalisation())
    except FileNotFoundError as error:
        raise DescriptorError(
            f"{path}: does not exist. Fit a background: copytrace fit-background PHOTOS -o {path}"
        ) from error
    except _DAMAGE as error:
        raise DescriptorError(
            f"{path}: is not a background ({_reason(path, error)}). Expected an .npz with int8 'bank' (k, d) and "
            "float32 'scale', as `copytrace fit-background` writes it."
        ) from error
    return background


def _reason(path: Path, error: Exception) -> str:
    """Why a file is not a background; NumPy's own message suggests unpickling, which is never safe."""
    if is_descriptor_file(path):
        return "it is an HDF5 file, such as a descriptor set"
    return "it contains no plain arrays" if "pickle" in str(error) else str(error)


def _require_modest(arrays: Any) -> None:  # noqa: ANN401 - np.load's own kind
    """Refuse a file that declares more than any background contains; zipfile unpacks no more than declared."""
    entries = arrays.zip.infolist() if hasattr(arrays, "zip") else []
    if (unpacked := sum(entry.file_size for entry in entries)) > LARGEST:
        raise ValueError(f"unpacks to {unpacked:,} bytes; a background has at most {LARGEST:,}")


def _background(arrays: dict[str, Any], normalisation: Normalisation) -> Background:
    bank, scale = arrays["bank"], arrays["scale"].astype(np.float32)
    if bank.dtype != np.int8 or bank.ndim != 2 or not len(bank):  # noqa: PLR2004 - rows and dims
        raise ValueError(f"'bank' is {bank.shape} {bank.dtype}")
    if "ranks" in arrays:
        first, last = arrays["ranks"].tolist()
        most = float(arrays["most"]) if "most" in arrays else None
        normalisation = Normalisation(float(arrays["weight"]), first, last, most)
    projection = _projection(arrays, bank.shape[1]) if "axes" in arrays else None
    model, digest, quality = arrays["model"].tolist() if "model" in arrays else ("", "", "")
    return Background(
        bank=bank,
        scale=scale.reshape(-1, 1) if scale.ndim else scale,
        normalisation=normalisation,
        projection=projection,
        model=model,
        model_sha256=digest,
        quality=quality,
        threshold=float(arrays["threshold"]) if "threshold" in arrays else None,
        threshold_source=str(arrays["threshold_source"]) if "threshold_source" in arrays else "",
    )


def _projection(arrays: dict[str, Any], dims: int) -> Projection:
    mean, axes = arrays["mean"].astype(np.float32), arrays["axes"].astype(np.float32)
    if axes.shape != (dims, len(mean)):
        raise ValueError(f"'axes' is {axes.shape} for a mean of {mean.shape} and a bank of {dims} dims")
    return Projection(mean, axes)
