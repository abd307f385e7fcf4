"""The vectors of another model, whose arrangement a network learns (distillation).

They are computed once, kept in 16 bits next to the decoded photographs, and resumed after an interruption.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from copytrace.descriptors import Choice, load_model
from copytrace.errors import InputError
from copytrace.files import whole_file
from copytrace.images import fit
from copytrace.progress import SILENT, Progress

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from copytrace.descriptors import Model
    from copytrace.training.photos import Photos

_CHUNK = 64


def load_teacher(name: str) -> Model:
    """Load a model to learn from.

    Args:
        name: any value of `--model`.

    Raises:
        InputError: the model's terms forbid training from it.
        DescriptorError: the model does not exist.
    """
    model = load_model(Choice(name, raw=True))
    if not model.card.teaches:
        raise InputError(
            f"The terms of '{name}' do not allow training from its vectors ({model.card.licence}). Use another teacher."
        )
    return model


def teacher_vectors(model: Model, photos: Photos, progress: Progress = SILENT) -> npt.NDArray[np.float16]:
    """Describe all photographs with another model, or read the result of an earlier call.

    Args:
        model: the teacher.
        photos: the training photographs; the vectors are kept next to their file.
        progress: reports progress.

    Returns:
        (n, d) float16, one row per photograph.
    """
    file = _file(photos, model)
    shape = (len(photos), model.card.dims)
    if not file.exists():
        with whole_file(file) as temporary, temporary.open("wb") as empty:
            np.save(empty, np.full(shape, np.nan, np.float16))
    vectors: npt.NDArray[np.float16] = np.load(file, mmap_mode="r+")
    # A chunk is complete if its last vector is there: a killed run leaves the rest empty.
    todo = [
        start for start in range(0, len(photos), _CHUNK) if np.isnan(vectors[start : start + _CHUNK]).any()
    ]
    with progress.task(f"describe ({model.card.name})", len(todo) * _CHUNK, "images") as bar:
        for start in todo:
            rows = range(start, min(start + _CHUNK, len(photos)))
            pictures = [fit(Image.fromarray(photos[row]), model.card.input) for row in rows]
            vectors[rows.start : rows.stop] = model.descriptor.describe(pictures)
            bar.advance(len(rows))
    return vectors


def _file(photos: Photos, model: Model) -> Path:
    made_by = f"{model.card.name} {model.card.sha256} {model.card.quality}"
    return photos.path.with_name(
        f"{photos.path.name}-teacher-{hashlib.sha256(made_by.encode()).hexdigest()[:16]}.npy"
    )
