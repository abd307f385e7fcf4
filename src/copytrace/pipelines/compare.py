"""Compares two pictures: is one a copy of the other, where, and how was it edited?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.images import decode_image, memory_image, thumbnail_jpeg
from copytrace.matching import (
    DEFAULT_PRIOR,
    IDENTICAL,
    Judged,
    Subject,
    explain,
    extract,
    judge,
    sentence,
    verdict_json,
    verify,
)
from copytrace.pipelines.thresholds import check_prior

if TYPE_CHECKING:
    from PIL import Image

    from copytrace.images import MemoryImage, Picture
    from copytrace.matching import Evidence, Explanation, Judgement
    from copytrace.records import ByteArray


_WIDTH = 900
"""Size of the picture in a notebook, in pixels."""


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Judged):
    """The result of comparing two pictures.

    Attributes:
        query: path of the possible copy; its kind, if it is in memory.
        reference: likewise for the possible original.
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

    def summary(self) -> str:
        """The verdict, its probability and the reasons, in one sentence."""
        return sentence(self.judgement.verdict, self.judgement.probability, self.evidence, self.explanation)

    def draw(self) -> Image.Image:
        """Draw both pictures with the outline of what they share, and one laid over the other."""
        from copytrace.reports.comparison_picture import comparison_picture

        names = Path(self.query).name, Path(self.reference).name
        return comparison_picture(*self.pictures, self.evidence, self.explanation, names)

    def to_dict(self) -> dict[str, Any]:
        """All fields except the pictures, in the form of JSON."""
        verdict = verdict_json(self.judgement, self.evidence, self.explanation)
        return {"query": self.query, "reference": self.reference, **verdict}

    def __repr__(self) -> str:
        return f"<Comparison of {self.query} with {self.reference}: {self.summary()}>"

    def _repr_html_(self) -> str:
        from copytrace.reports.notebook import figure

        return figure(thumbnail_jpeg(self.draw(), _WIDTH), self.summary())


def compare(query: Picture, reference: Picture, *, prior: float = DEFAULT_PRIOR) -> Comparison:
    """Compare two pictures.

    Args:
        query: the possible copy: a path, the bytes of a file, a PIL image or an array.
        reference: the possible original, likewise.
        prior: probability of a copy before the pictures are compared, above 0 and below 1.

    Raises:
        ImageError: a file cannot be read.
        InputError: the prior is not between 0 and 1.
    """
    check_prior(prior)
    files = memory_image(query), memory_image(reference)
    a, b = map(_decoded, files)
    identical = files[0].data == files[1].data
    left, right = Subject(extract(a, both=True)), Subject(extract(b))
    evidence = verify(left, right)
    points = min(len(left.features), len(right.features))
    explanation = None
    if evidence is not None:
        looks = left.features.look, right.features.look
        explanation = explain(evidence, *looks, left.features.size, right.features.size)
    return Comparison(
        query=files[0].path,
        reference=files[1].path,
        identical=identical,
        judgement=IDENTICAL if identical else judge(evidence, points, prior=prior),
        evidence=evidence,
        explanation=explanation,
        pictures=(a, b),
    )


def _decoded(file: MemoryImage) -> ByteArray:
    return np.asarray(decode_image(file.data, file.path), np.uint8)
