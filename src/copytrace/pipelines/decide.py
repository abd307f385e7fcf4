"""Turns pairs into an answer: with names, scores and paths."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from copytrace.images import PictureList, is_shard, source_address
from copytrace.matching import VERDICT_COLUMNS, Judged, Judgement, verdict_json
from copytrace.pipelines.candidates import named
from copytrace.pipelines.report_pictures import Files
from copytrace.pipelines.results import Results, Shown, counted
from copytrace.pipelines.source_files import folder_of
from copytrace.stores import is_remote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from copytrace.images import ImageList
    from copytrace.matching import Evidence, Explanation
    from copytrace.pipelines.rank_judged import Ranked
    from copytrace.pipelines.sides import Side, Sides
    from copytrace.pipelines.thresholds import Threshold
    from copytrace.pipelines.verified import Verified
    from copytrace.records import ClosestPairs, Failure, IndexArray, Matches

_FEW = 1024
"""Up to this many paths are read one by one rather than all at once."""


@dataclass(frozen=True, eq=False, repr=False)
class Pair(Judged):
    """A query and a reference that it may be a copy of.

    Attributes:
        query_id: the query.
        reference_id: the reference.
        score: the probability of a copy; without verification, minus the squared distance of the vectors.
        likely_copy: whether the score reaches the threshold.
        query_path: the query's path within its source; None if unknown.
        reference_path: likewise for the reference.
        query_file: the file or URL of the query, or `shard.tar:member`; None if unknown.
        reference_file: likewise for the reference.
        judgement: verdict, probability and likelihood ratio; None without verification.
        compared: whether the two pictures were compared.
        distance: the squared distance of the vectors; None without verification.
        evidence: the mapping between the pictures and what agrees with it; None without a mapping.
        explanation: the position of each picture in the other, and the likely edits; None without a mapping.
    """

    query_id: str
    reference_id: str
    score: float
    likely_copy: bool
    query_path: str | None
    reference_path: str | None
    query_file: str | None
    reference_file: str | None
    judgement: Judgement | None = None
    compared: bool = False
    distance: float | None = None
    evidence: Evidence | None = None
    explanation: Explanation | None = None

    def __repr__(self) -> str:
        return f"<Pair {self.query_id}, {self.reference_id}: {self.in_words() or f'score {self.score:.4g}'}>"

    def to_dict(self) -> dict[str, Any]:
        """All fields, as in the JSON output."""
        answer: dict[str, Any] = {
            "query_id": self.query_id,
            "reference_id": self.reference_id,
            "score": self.score,
            "likely_copy": self.likely_copy,
            "query_path": self.query_path,
            "reference_path": self.reference_path,
            "query_file": self.query_file,
            "reference_file": self.reference_file,
        }
        if self.judgement is not None:
            answer |= {
                "distance": self.distance,
                "compared": self.compared,
                **verdict_json(self.judgement, self.evidence, self.explanation),
            }
        return answer


@dataclass(frozen=True, eq=False, repr=False)
class Found(Results[Pair]):
    """The result of a search: a sequence of pairs, most probable copies first.

    Attributes:
        matches: scored pairs by descending score: the probability of a copy, 1 only for identical files; without
            verification, minus the squared distance.
        threshold: the score from which a pair is called a likely copy.
        threshold_source: origin of the threshold.
        model: the descriptor used.
        model_sha256: digest of its file, or empty.
        queries: number of queries.
        references: number of references.
        failures: images that could not be used, and why.
        query_images: the queries' images; None for a descriptor set.
        reference_images: the references' images; None for a descriptor set.
        query_paths: the paths of the queries among the matches, by ID; empty if unknown.
        reference_paths: the paths of the references among the matches.
        query_source: the folder or URL that the queries' paths are relative to; empty if unknown.
        reference_source: likewise for the references.
        verified: the verdicts on the matches; None without verification.
    """

    columns: ClassVar = {
        "query_id": "text",
        "reference_id": "text",
        "score": "number",
        "likely_copy": "flag",
        "query_path": "text",
        "reference_path": "text",
        "query_file": "text",
        "reference_file": "text",
        "distance": "number",
        "compared": "flag",
        **VERDICT_COLUMNS,
    }

    matches: Matches
    threshold: float
    threshold_source: str
    model: str
    model_sha256: str
    queries: int
    references: int
    failures: tuple[Failure, ...]
    query_images: ImageList | None
    reference_images: ImageList | None
    query_paths: Mapping[str, str]
    reference_paths: Mapping[str, str]
    query_source: str = ""
    reference_source: str = ""
    verified: Verified | None = None

    def __len__(self) -> int:
        return len(self.matches)

    @cached_property
    def copies(self) -> Self:
        """The pairs that are likely copies."""
        return self._taken(np.flatnonzero(self.matches.scores >= self.threshold).tolist())

    def summary(self) -> str:
        """The result in one sentence."""
        copies = counted(len(self.copies), "likely copy", "likely copies")
        return (
            f"{copies} among {counted(len(self), 'pair', 'pairs')} of "
            f"{counted(self.queries, 'query', 'queries')} and {counted(self.references, 'reference', 'references')}"
        )

    def query_place(self, image_id: str) -> str:
        """The file or URL of a query, or `shard.tar:member`; empty if unknown."""
        return _place(self.query_source, self._folders[0], self.query_paths.get(image_id))

    def reference_place(self, image_id: str) -> str:
        """The file or URL of a reference, or `shard.tar:member`; empty if unknown."""
        return _place(self.reference_source, self._folders[1], self.reference_paths.get(image_id))

    @cached_property
    def _folders(self) -> tuple[Path | None, Path | None]:
        """The folders of both sides, looked up once for all pairs."""
        return folder_of(self.query_source), folder_of(self.reference_source)

    @property
    def left_out(self) -> dict[str, int]:
        """Skipped pictures of both sides, by kind; see `ImageList`."""
        lists = (self.query_images, self.reference_images)
        return dict(sum((Counter(images.left_out) for images in lists if images is not None), Counter()))

    def _row(self, position: int) -> Pair:
        query_id, reference_id = self.matches.query_ids[position], self.matches.reference_ids[position]
        score = float(self.matches.scores[position])
        pair = Pair(
            query_id,
            reference_id,
            score,
            score >= self.threshold,
            self.query_paths.get(query_id),
            self.reference_paths.get(reference_id),
            self.query_place(query_id) or None,
            self.reference_place(reference_id) or None,
        )
        if (verified := self.verified) is None:
            return pair
        details = verified.details.get(position)
        return replace(
            pair,
            judgement=Judgement(verified.verdicts[position], score, float(verified.log_ratios[position])),
            compared=position not in verified.left_out,
            distance=float(verified.distances[position]),
            evidence=None if details is None else details.evidence,
            explanation=None if details is None else details.explanation,
        )

    def _taken(self, positions: Sequence[int]) -> Self:
        verified = self.verified and self.verified.taken(positions)
        return replace(self, matches=self.matches.taken(positions), verified=verified)

    def _shown(self, position: int) -> Shown:
        pair, (queries, references) = self._row(position), self._files
        return Shown(
            pair.query_id,
            queries.find(pair.query_id),
            pair.reference_id,
            references.find(pair.reference_id),
            pair.in_words() or ("likely copy" if pair.likely_copy else "no copy"),
            pair.reasons(),
        )

    @cached_property
    def _files(self) -> tuple[Files, Files]:
        """The pictures of the queries and of the references."""
        return (
            Files(self.query_images, self.query_source, self.query_paths),
            Files(self.reference_images, self.reference_source, self.reference_paths),
        )


def _place(source: str, folder: Path | None, path: str | None) -> str:
    if not source or not path:
        return ""
    if is_shard(source):
        return f"{source}:{path}"
    if is_remote(source):
        return source if source.endswith(f"/{path}") else f"{source}/{path}"
    return "" if folder is None else str(folder / path)


def decide(
    pairs: ClosestPairs,
    sides: Sides,
    threshold: Threshold,
    places: Sequence[Path | str | None] = (None, None),
) -> Found:
    """Add names, scores and paths to candidates.

    Args:
        pairs: the candidates.
        sides: queries and references.
        threshold: the score from which a pair is called a likely copy.
        places: where the queries' and the references' pictures are now, if they have moved.
    """
    query, reference = sides.query, sides.reference
    sources = [
        side.descriptors.source if place is None else source_address(place)
        for side, place in zip((query, reference), places, strict=True)
    ]
    return Found(
        matches=named(pairs, query.descriptors.ids, reference.descriptors.ids),
        threshold=threshold.score,
        threshold_source=threshold.source,
        model=query.descriptors.model,
        model_sha256=query.descriptors.model_sha256,
        queries=len(query.descriptors),
        references=len(reference.descriptors),
        failures=query.failures + reference.failures,
        query_images=query.images,
        reference_images=reference.images,
        query_paths=_paths(query, pairs.query),
        reference_paths=_paths(reference, pairs.reference),
        query_source=sources[0],
        reference_source=sources[1],
    )


def decide_verified(
    ranked: Ranked,
    sides: Sides,
    threshold: Threshold,
    failures: Sequence[Failure],
    places: Sequence[Path | str | None] = (None, None),
) -> Found:
    """Add names, probabilities and paths to verified pairs.

    Args:
        ranked: the pairs.
        sides: queries and references.
        threshold: the probability from which a pair is called a likely copy.
        failures: pictures that could not be used for verification.
        places: see `decide`.
    """
    found = decide(ranked.pairs, sides, threshold, places)
    known = {failure.name for failure in found.failures}
    return replace(
        found,
        matches=replace(found.matches, scores=ranked.probabilities),
        failures=found.failures + tuple(failure for failure in failures if failure.name not in known),
        verified=ranked.verified,
    )


def _paths(side: Side, rows: IndexArray) -> dict[str, str]:
    """The paths of some rows, by ID."""
    if isinstance(side.images, PictureList):
        return side.images.paths
    ids, paths = side.descriptors.ids, side.descriptors.paths
    if paths is None:
        return {}
    wanted = sorted(set(rows.tolist()))
    known = paths if len(wanted) <= _FEW else list(paths)
    return {ids[row]: known[row] for row in wanted}
