"""Compares queries with their candidates: the work of a worker process, and its result as a ledger entry."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.errors import ImageError
from copytrace.images import ImageFile, read_ahead
from copytrace.matching import Agreement, Evidence, Explanation, Subject, explain, judge, outdone, region
from copytrace.matching.verdict import PROBABLE
from copytrace.pipelines.keypoints import Extracted, extract
from copytrace.records import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.engines import WorkerDiedError
    from copytrace.images.read_ahead import ReadImage
    from copytrace.matching import Verifier

RESULT = 4
"""Increase when the result for a pair changes; earlier results are then discarded."""


@dataclass(frozen=True)
class Suspect:
    """A query and its candidates.

    Attributes:
        query: its image, or its cached features, or why there are neither.
        references: packed features of the candidates, most likely first; None if missing.
    """

    query: ImageFile | Extracted | Failure
    references: Sequence[bytes | None]


@dataclass(frozen=True)
class Suspects:
    """One piece of the work.

    Attributes:
        number: number of the piece.
        key: identifies everything that affects the result.
        queries: some queries; empty if the result is already in the ledger.
        size: number of pairs.
        verifier: compares them.
        seconds: time limit per query, after which its remaining candidates are skipped; None: no limit.
    """

    number: int
    key: str
    queries: Sequence[Suspect]
    size: int
    verifier: Verifier
    seconds: float | None


@dataclass(frozen=True, eq=False)
class Seen:
    """The result of comparing a pair.

    Attributes:
        points: number of points of the picture with fewer points.
        evidence: None if there is no mapping.
        explanation: None without evidence.
        outdone: how far another candidate outdoes the pair, see `copytrace.matching.outdone`.
    """

    points: int
    evidence: Evidence | None = None
    explanation: Explanation | None = None
    outdone: float = 0.0


@dataclass(frozen=True, eq=False)
class Examined:
    """The result of comparing a query with its candidates.

    Attributes:
        digest: SHA-256 of the query's file, in hexadecimal; empty if it cannot be used.
        pairs: one per candidate; None if the two were not compared.
        left_out: candidates skipped for lack of time.
        failure: why the query cannot be used.
    """

    digest: str
    pairs: Sequence[Seen | None]
    left_out: int = 0
    failure: Failure | None = None


def examine(piece: Suspects) -> bytes:
    """Compare the queries of a piece with their candidates; runs in a worker process."""
    read = read_ahead([one.query for one in piece.queries if isinstance(one.query, ImageFile)])
    examined = [
        _examined(one, next(read) if isinstance(one.query, ImageFile) else one.query, piece)
        for one in piece.queries
    ]
    return _packed(piece.number, [asdict(one) for one in examined])


def examine_nothing(piece: Suspects, death: WorkerDiedError) -> bytes:
    """The result of a query whose comparison killed its workers."""
    return _packed(
        piece.number,
        [
            asdict(Examined("", [None] * len(one.references), failure=Failure(_name(one.query), death.blame)))
            for one in piece.queries
        ],
    )


def join_examined(results: Sequence[bytes]) -> bytes:
    """The result of a piece, joined from those of its queries."""
    contents = [json.loads(result) for result in results]
    return _packed(contents[0]["number"], [one for content in contents for one in content["queries"]])


def _packed(number: int, queries: Sequence[dict[str, Any]]) -> bytes:
    return json.dumps({"number": number, "queries": queries}, default=lambda array: array.tolist()).encode()


def _name(query: ImageFile | Extracted | Failure) -> str:
    return query.digest if isinstance(query, Extracted) else query.name


def _examined(suspect: Suspect, query: ReadImage | Extracted | Failure, piece: Suspects) -> Examined:
    begun = time.monotonic()
    if isinstance(query, Failure):
        return Examined("", [None] * len(suspect.references), failure=query)
    try:
        if isinstance(query, Extracted):
            digest, features = query.digest, piece.verifier.unpack(query.features)
        else:
            digest, features = query.sha256(), extract(query, piece.verifier, both=True)
    except ImageError as error:
        failure = Failure(error.name, error.reason)
        return Examined("", [None] * len(suspect.references), failure=failure)
    subject = Subject(features)
    seen: list[Seen | None] = []
    mapped: dict[int, Subject] = {}
    left_out = 0
    for number, packed in enumerate(suspect.references):
        if packed is None:
            seen.append(None)
        elif piece.seconds is not None and time.monotonic() - begun > piece.seconds:
            seen.append(None)
            left_out += 1
        else:
            reference = Subject(piece.verifier.unpack(packed))
            seen.append(one := _look(subject, reference, piece.verifier))
            if one.evidence is not None:
                mapped[number] = reference
    return Examined(digest, _against_rivals(seen, mapped, subject, piece.verifier), left_out)


def _look(query: Subject, reference: Subject, verifier: Verifier) -> Seen:
    evidence = verifier.verify(query, reference)
    ours, theirs = query.features, reference.features
    points = min(len(ours), len(theirs))
    if evidence is None:
        return Seen(points)
    return Seen(points, evidence, explain(evidence, ours.look, theirs.look, ours.size, theirs.size))


def _against_rivals(
    seen: Sequence[Seen | None], mapped: dict[int, Subject], query: Subject, verifier: Verifier
) -> list[Seen | None]:
    """The results for a query's candidates, with how far another one outdoes each of those with a mapping."""
    found = {number: one.evidence for number, one in enumerate(seen) if one is not None and one.evidence}
    size = query.features.size
    regions = [region(one.matrix, size, mapped[number].features.size) for number, one in found.items()]
    references = [mapped[number] for number in found]

    def same(one: int, other: int) -> bool:
        return _copies(references[one], references[other], verifier)

    excess = outdone(np.array(regions), np.array([float(one.support) for one in found.values()]), same)
    by_number = dict(zip(found, excess, strict=True))
    return [one and replace(one, outdone=by_number.get(number, 0.0)) for number, one in enumerate(seen)]


def _copies(one: Subject, other: Subject, verifier: Verifier) -> bool:
    """Whether two references are probably copies of each other."""
    points = min(len(one.features), len(other.features))
    return judge(verifier.verify(one, other), points).probability >= PROBABLE


def unpack_examined(entry: bytes) -> tuple[int, list[Examined]]:
    """The number of a piece, and its result."""
    content = json.loads(entry)
    return content["number"], [
        Examined(
            one["digest"],
            [pair and _seen(pair) for pair in one["pairs"]],
            one["left_out"],
            one["failure"] and Failure(**one["failure"]),
        )
        for one in content["queries"]
    ]


def _seen(pair: dict[str, Any]) -> Seen:
    evidence, explanation = pair["evidence"], pair["explanation"]
    if evidence is None:
        return Seen(pair["points"])
    evidence |= {"matrix": np.array(evidence["matrix"]), "overlap": Agreement(**evidence["overlap"])}
    explanation |= {
        "query_quad": None if explanation["query_quad"] is None else np.array(explanation["query_quad"]),
        "reference_quad": np.array(explanation["reference_quad"]),
        "edits": tuple(explanation["edits"]),
    }
    return Seen(pair["points"], Evidence(**evidence), Explanation(**explanation), pair["outdone"])
