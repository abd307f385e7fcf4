"""Compares two pictures: is one a copy of the other, where, and how was it edited?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from copytrace.images import ImageFile, decode_image
from copytrace.matching import (
    DEFAULT_PRIOR,
    IDENTICAL,
    Subject,
    explain,
    extract,
    judge,
    verify,
)
from copytrace.pipelines.thresholds import check_prior

if TYPE_CHECKING:
    from copytrace.matching import Evidence, Explanation, Judgement
    from copytrace.records import ByteArray


@dataclass(frozen=True, eq=False)
class Comparison:
    """The result of comparing two pictures.

    Attributes:
        query: path of the possible copy.
        reference: path of the possible original.
        identical: whether the files are identical to the last byte.
        judgement: verdict, probability and likelihood ratio.
        evidence: the mapping and what agrees with it; None if there is no mapping.
        explanation: positions and likely edits; None without a mapping.
        pictures: both pictures, (h, w, 3) uint8 RGB, upright.
    """

    query: str
    reference: str
    identical: bool
    judgement: Judgement
    evidence: Evidence | None
    explanation: Explanation | None
    pictures: tuple[ByteArray, ByteArray]


def compare(query: Path | str, reference: Path | str, *, prior: float = DEFAULT_PRIOR) -> Comparison:
    """Compare two pictures.

    Args:
        query: the possible copy.
        reference: the possible original.
        prior: probability of a copy before the pictures are compared, above 0 and below 1.

    Raises:
        ImageError: a file cannot be read.
        InputError: the prior is not between 0 and 1.
    """
    check_prior(prior)
    (bytes_a, a), (bytes_b, b) = _read(query), _read(reference)
    identical = bytes_a == bytes_b
    left, right = Subject(extract(a, both=True)), Subject(extract(b))
    evidence = verify(left, right)
    points = min(len(left.features), len(right.features))
    explanation = None
    if evidence is not None:
        looks = left.features.look, right.features.look
        explanation = explain(evidence, *looks, left.features.size, right.features.size)
    return Comparison(
        query=str(query),
        reference=str(reference),
        identical=identical,
        judgement=IDENTICAL if identical else judge(evidence, points, prior=prior),
        evidence=evidence,
        explanation=explanation,
        pictures=(a, b),
    )


def _read(path: Path | str) -> tuple[bytes, ByteArray]:
    data = ImageFile(id=Path(path).stem, path=str(path), relative=Path(path).name).read_bytes()
    return data, np.asarray(decode_image(data, str(path)), np.uint8)
