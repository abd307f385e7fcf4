"""Compares the references of a full phase 2 file with the frozen ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.submissions import open_descriptor_submission, open_frozen

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.records import IndexArray
    from copytrace.vectors import Vectors

NAMED = 5
"""Number of IDs to name; the rest are only counted."""

_ROWS = 16_384


def differing_references(path: Path, frozen: Path) -> list[str]:
    """The IDs whose vectors differ by a single bit from the frozen ones, in the order of the frozen IDs.

    Both are compared as float32, which is how they are scored. IDs found in only one file count as differing.

    Raises:
        SubmissionError: a file cannot be read, or the numbers of dimensions differ.
    """
    with open_descriptor_submission(path) as submission, open_frozen(frozen) as references:
        row_of = {image_id: row for row, image_id in enumerate(submission.reference_ids)}
        if submission.reference.shape[1] != references.vectors.shape[1]:
            return list(references.ids)
        rows = np.array([row_of.get(image_id, -1) for image_id in references.ids], dtype=np.int64)
        differs = rows < 0
        for start in range(0, len(rows), _ROWS):
            mine = rows[start : start + _ROWS]
            there = mine >= 0
            block = references.vectors[start : start + _ROWS]
            other = _gathered(submission.reference, mine[there])
            same = (block[there].view(np.uint32) == other.view(np.uint32)).all(axis=1)
            differs[start + np.flatnonzero(there)] |= ~same
        extra = sorted(set(row_of) - set(references.ids))
        return [references.ids[row] for row in np.flatnonzero(differs).tolist()] + extra


def fault_of(differing: list[str], label: str) -> str:
    """A sentence that names the first references that differ.

    >>> fault_of(["R3"], "entry swin-b")
    '1 reference differs from entry swin-b: R3. This phase uses the references of the nominated submission.'
    """
    named = ", ".join(differing[:NAMED]) + (
        f" and {len(differing) - NAMED:,} more" if len(differing) > NAMED else ""
    )
    count = "1 reference differs" if len(differing) == 1 else f"{len(differing):,} references differ"
    return f"{count} from {label}: {named}. This phase uses the references of the nominated submission."


def _gathered(vectors: Vectors, rows: IndexArray) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Rows of a file in any order; reads consecutive ones, the usual case, in one piece."""
    if not len(rows):
        return np.empty((0, vectors.shape[1]), np.float32)
    low, high = int(rows.min()), int(rows.max()) + 1
    if high - low == len(rows):
        return np.ascontiguousarray(vectors[low:high][rows - low])
    return np.stack([vectors[row : row + 1][0] for row in rows.tolist()])
