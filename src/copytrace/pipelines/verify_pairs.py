"""Verifies candidate pairs: compares their pictures on all cores, resumably, and judges the results."""

from __future__ import annotations

import hashlib
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

import copytrace
from copytrace.engines import do_missing, one_by_one
from copytrace.errors import StrictError
from copytrace.matching import IDENTICAL, judge, retrievals
from copytrace.pipelines.chunks import fingerprint
from copytrace.pipelines.examine import (
    RESULT,
    Suspect,
    Suspects,
    examine,
    examine_nothing,
    join_examined,
    unpack_examined,
)
from copytrace.pipelines.keypoint_file import open_keypoints
from copytrace.pipelines.keypoints import Extracted, features_of
from copytrace.pipelines.pictures import is_there
from copytrace.pipelines.verified import Details

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from copytrace.engines import Engine, Ledger
    from copytrace.images import ImageFile
    from copytrace.matching import Card, Judgement, Retrieval, Verifier
    from copytrace.pipelines.examine import Seen
    from copytrace.pipelines.keypoint_file import KeypointFile
    from copytrace.pipelines.keypoints import KnownFeatures
    from copytrace.pipelines.pictures import PictureRows
    from copytrace.progress import Progress
    from copytrace.records import ClosestPairs, Failure, IndexArray

QUERIES = 8
"""Queries per piece of the work."""


@dataclass(frozen=True)
class Verification:
    """How to verify.

    Attributes:
        verifier: compares pictures.
        prior: probability of a copy before the evidence is seen.
        seconds_per_query: time limit per query, after which its remaining candidates are skipped; None: no limit.
        card: the likelihood ratios; by default those that ship with copytrace.
        all_details: keep the details of every pair with a mapping, not only of possible copies.
        strict: stop at the first picture that cannot be used.
    """

    verifier: Verifier
    prior: float
    seconds_per_query: float | None = None
    card: Card | None = None
    all_details: bool = False
    strict: bool = False


@dataclass(eq=False)
class Judged:
    """The judgements on k pairs; grows as pieces of the work are finished.

    Attributes:
        judgements: one per pair; None if the two were not compared.
        details: by position, for pairs with a mapping that may be copies.
        failures: pictures that cannot be used.
        left_out: pairs skipped for lack of time.
    """

    judgements: list[Judgement | None]
    details: dict[int, Details] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    left_out: int = 0


def verify_pairs(
    pairs: ClosestPairs,
    queries: PictureRows,
    references: PictureRows,
    how: Verification,
    searched: tuple[int, str],
    *,
    stood: Sequence[Retrieval] | None = None,
    sharing: int | None = None,
    features: KnownFeatures | None = None,
    engine: Engine,
    ledger: Ledger,
    progress: Progress,
) -> Judged:
    """Compare the pictures of candidate pairs.

    Args:
        pairs: rows of both sides, by ascending distance.
        queries: pictures of the queries.
        references: pictures of the references, whose features are kept next to their set.
        how: how to verify.
        searched: number of references searched, and the descriptor's digest, or its name if it is code only.
        stood: how each pair ranked in the search, if the pairs are not all that it proposed.
        sharing: number of a query's candidates that share its prior, if not all.
        features: those of the references, if they were extracted before.
        engine: runs the work.
        ledger: keeps finished work.
        progress: reports progress.

    Raises:
        StrictError: `strict` is set, and a picture cannot be used.
        InputError: a file of keypoints is damaged, or something else.
    """
    layout = how.verifier.layout
    # Queries usually come once: an existing file is used, but none is created for them.
    beside = queries.keypoints if queries.has_keypoints() else None
    rows = sorted(set(pairs.reference.tolist()))
    with (
        nullcontext(features)
        if features
        else features_of(references, rows, how.verifier, engine=engine, progress=progress) as kept,
        open_keypoints(beside, layout) as query_features,
    ):
        judged = Judged([None] * len(pairs))
        sides = _Side(queries, query_features), _Side(references, kept.file, kept.digests)
        work = _Work(pairs, *sides, how, searched, stood, sharing, ledger, judged)
        work.note_failures(kept.failures)
        with progress.task("verify", len(pairs), "pairs") as bar:
            do_missing(
                work.pieces(),
                examine,
                bytes,
                engine=engine,
                ledger=ledger,
                bar=bar,
                each=work.judge,
                on_death=one_by_one(engine, examine, split=_single, join=join_examined, fail=examine_nothing),
            )
    return judged


def _single(piece: Suspects) -> list[Suspects]:
    return [replace(piece, queries=(query,)) for query in piece.queries]


@dataclass(frozen=True, eq=False)
class _Side:
    """Pictures and their features.

    Attributes:
        pictures: picture of each row.
        features: cached features, as far as available.
        read: digests of the rows whose pictures were read in this run.
    """

    pictures: PictureRows
    features: KeypointFile
    read: Mapping[int, str] = field(default_factory=dict)

    def digest(self, row: int) -> str | None:
        return self.read.get(row) or self.pictures.digest(row)

    def kept(self, row: int) -> Extracted | None:
        digest = self.digest(row)
        features = None if digest is None else self.features.read(digest)
        return None if digest is None or features is None else Extracted(digest, features)


@dataclass(frozen=True, eq=False)
class _Work:
    """The comparisons to do, and their results."""

    pairs: ClosestPairs
    query: _Side
    reference: _Side
    how: Verification
    searched: tuple[int, str]
    stood: Sequence[Retrieval] | None
    sharing: int | None
    ledger: Ledger
    judged: Judged

    @cached_property
    def _groups(self) -> list[list[IndexArray]]:
        """Positions of each query's pairs, by ascending distance, for each piece of the work."""
        order = np.argsort(self.pairs.query, kind="stable")
        starts = np.flatnonzero(np.diff(self.pairs.query[order])) + 1
        groups = np.split(order, starts) if len(order) else []
        return [groups[first : first + QUERIES] for first in range(0, len(groups), QUERIES)]

    def pieces(self) -> Iterator[Suspects]:
        """The pieces of the work; the features of a finished piece are not read again."""
        for number, groups in enumerate(self._groups):
            key = self._key(number, groups)
            yield Suspects(
                number=number,
                key=key,
                queries=() if self.ledger.has(key) else tuple(map(self._suspect, groups)),
                size=sum(map(len, groups)),
                verifier=self.how.verifier,
                seconds=self.how.seconds_per_query,
            )

    def judge(self, entry: bytes) -> None:
        """Judge the pairs of a piece by its result."""
        number, examined = unpack_examined(entry)
        for group, one in zip(self._groups[number], examined, strict=True):
            digest = one.digest or self.query.digest(int(self.pairs.query[group[0]]))
            self.note_failures([one.failure] if one.failure else [])
            for position, seen, retrieval in zip(group.tolist(), one.pairs, self._stood(group), strict=True):
                reference = self.reference.digest(int(self.pairs.reference[position]))
                if digest is not None and digest == reference:
                    self._note(position, IDENTICAL, seen)
                elif seen is not None:
                    self._note(position, self._judged(seen, retrieval), seen)
            self.judged.left_out += one.left_out

    def _judged(self, seen: Seen, retrieval: Retrieval) -> Judgement:
        # Pictures that are compared with each other are expected to have several copies: they are no rivals.
        if self.stood is None:
            retrieval = replace(retrieval, outdone=seen.outdone)
        return judge(
            seen.evidence, seen.points, prior=self.how.prior, retrieval=retrieval, card=self.how.card
        )

    def _stood(self, group: IndexArray) -> list[Retrieval]:
        """How the pairs of a query ranked in the search that proposed them."""
        if self.stood is None:
            return retrievals(self.pairs.distance[group], *self.searched, self.sharing)
        return [self.stood[position] for position in group.tolist()]

    def note_failures(self, failures: Sequence[Failure]) -> None:
        """Record what cannot be used, or stop at it."""
        if self.how.strict and failures:
            raise StrictError(failures[0].name, failures[0].reason)
        self.judged.failures.extend(failures)

    def _note(self, position: int, judgement: Judgement, seen: Seen | None) -> None:
        self.judged.judgements[position] = judgement
        told = self.how.all_details or judgement.verdict != "none"
        if seen is not None and seen.evidence and seen.explanation and told:
            self.judged.details[position] = Details(seen.evidence, seen.explanation, seen.outdone)

    def _suspect(self, group: IndexArray) -> Suspect:
        kept = map(self.reference.kept, self.pairs.reference[group].tolist())
        return Suspect(
            query=self._asked(int(self.pairs.query[group[0]])),
            references=tuple(None if one is None else one.features for one in kept),
        )

    def _asked(self, row: int) -> ImageFile | Extracted | Failure:
        """The picture of a query, or its features."""
        pictures = self.query.pictures
        file = pictures.file(row)
        # Cached features lack the learned points of the mirror image, so the picture itself is better. If pictures are
        # compared with each other, not all of them are read again for that.
        if pictures is not self.reference.pictures and file is not None and is_there(file):
            return file
        return self.query.kept(row) or file or pictures.missing(row)

    def _key(self, number: int, groups: Sequence[IndexArray]) -> str:
        """A key that identifies everything that affects the result of a piece."""
        how = f"{copytrace.__version__}\0{RESULT}\0{self.how.verifier.layout}\0{self.how.seconds_per_query}\0{number}"
        state = hashlib.sha256(how.encode())
        for group in groups:
            row = int(self.pairs.query[group[0]])
            file = self.query.pictures.file(row)
            query = f"{self.query.digest(row)}\0{'' if file is None else fingerprint(file)}"
            references = [self.reference.read.get(other) for other in self.pairs.reference[group].tolist()]
            state.update(f"\0{query}\0{references}".encode())
        return state.hexdigest()[:32]
