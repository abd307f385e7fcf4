"""Answers lookups: finds the nearest items, lets their pictures be compared, and reports the results."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from copytrace.library.candidates import find_candidates
from copytrace.library.keypoints import drop_unused
from copytrace.library.library_model import UpgradedError
from copytrace.library.picture_rows import ItemPictures, QueryPictures, Sources
from copytrace.library.records import Hit, Lookup
from copytrace.library.segments import SegmentError
from copytrace.matching import Judgement
from copytrace.pipelines.query_views import describe_views
from copytrace.pipelines.rank_judged import rank
from copytrace.pipelines.verify_pairs import verify_pairs
from copytrace.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.descriptors import Choice
    from copytrace.engines import Engine, Ledger
    from copytrace.library.catalogue import Catalogue
    from copytrace.library.pictures import Query
    from copytrace.library.place import Place
    from copytrace.library.records import Item, Settings
    from copytrace.library.shelf import Shelf
    from copytrace.pipelines.query_views import ViewVectors
    from copytrace.pipelines.rank_judged import Ranked
    from copytrace.pipelines.verify_pairs import Judged, Verification
    from copytrace.pipelines.views import View
    from copytrace.progress import Progress
    from copytrace.records import ClosestPairs


@dataclass(frozen=True)
class Asked:
    """The parameters of a lookup.

    Attributes:
        settings: the library's settings when the queries were described.
        k: items per query.
        threshold: the probability from which an item is a likely copy; without verification the score.
        views: views of a picture to search for in addition to the whole.
        choice: the model that describes them.
        candidates: number of items to search for.
        verification: how to compare pictures; None for no comparison.
    """

    settings: Settings
    k: int
    threshold: float
    views: tuple[View, ...]
    choice: Choice
    candidates: int
    verification: Verification | None


class Lookups:
    """Answers lookups in a library.

    Args:
        place: the library.
        catalogue: its catalogue.
        shelf: its vectors.

    Attributes:
        sources: finds the pictures of items.
    """

    def __init__(self, place: Place, catalogue: Catalogue, shelf: Shelf) -> None:
        self._place = place
        self._catalogue = catalogue
        self._shelf = shelf
        self.sources = Sources()

    def answer(
        self,
        queries: Sequence[Query],
        asked: Asked,
        engine: Engine,
        ledger: Ledger,
        progress: Progress = SILENT,
    ) -> list[Lookup]:
        """Look up each query.

        Args:
            queries: at least one.
            asked: the parameters.
            engine: describes views and compares pictures.
            ledger: keeps finished work until everything is done.
            progress: reports progress.

        Raises:
            UpgradedError: the library now has another model than the one that described the queries.
        """
        views = self._views(queries, asked, engine, ledger, progress)
        try:
            pairs, items = self._candidates(queries, views, asked)
        except SegmentError:
            # The process that changes the library may just have replaced a segment.
            pairs, items = self._candidates(queries, views, asked)
        if asked.verification is None:
            return self._told(queries, pairs, items, asked)
        judged = self._judged(
            queries, pairs, items, asked.settings, asked.verification, engine, ledger, progress
        )
        ranked = rank(pairs, judged, asked.verification.prior, per_query=asked.k, max_results=None)
        return self._told(queries, ranked.pairs, items, asked, ranked)

    def _views(
        self, queries: Sequence[Query], asked: Asked, engine: Engine, ledger: Ledger, progress: Progress
    ) -> list[ViewVectors]:
        if not asked.views:
            return []
        pictures = QueryPictures(queries)
        return list(
            describe_views(
                pictures, asked.choice, asked.views, engine=engine, ledger=ledger, progress=progress
            )
        )

    def _candidates(
        self, queries: Sequence[Query], views: Sequence[ViewVectors], asked: Asked
    ) -> tuple[ClosestPairs, list[Item]]:
        with self._catalogue.reading():
            if self._catalogue.settings != asked.settings:
                raise UpgradedError(self._place.folder)
            self._shelf.refresh()
            return find_candidates(queries, views, self._shelf, self._catalogue, asked.candidates)

    def _judged(  # noqa: PLR0917 - handed through by the one caller
        self,
        queries: Sequence[Query],
        pairs: ClosestPairs,
        items: Sequence[Item],
        settings: Settings,
        how: Verification,
        engine: Engine,
        ledger: Ledger,
        progress: Progress,
    ) -> Judged:
        judged = verify_pairs(
            pairs,
            QueryPictures(queries),
            ItemPictures(items, self._place.keypoints, self.sources),
            how,
            (max(1, self._catalogue.count()), settings.model_sha256 or settings.model_name),
            engine=engine,
            ledger=ledger,
            progress=progress,
        )
        if judged.failures:
            first = judged.failures[0]
            progress.note(
                f"{len(judged.failures):,} pictures could not be compared; the first: {first.name}: {first.reason}"
            )
        if len(self._catalogue.known([item.id for item in items])) < len(items):
            # Another process has removed some, perhaps before their features were stored.
            drop_unused(self._place, self._catalogue)
        return judged

    def _told(
        self,
        queries: Sequence[Query],
        pairs: ClosestPairs,
        items: Sequence[Item],
        asked: Asked,
        ranked: Ranked | None = None,
    ) -> list[Lookup]:
        """The lookup of each query, from pairs of a query and an item; the pairs' order is that of its hits."""
        hits: list[list[Hit]] = [[] for _ in queries]
        decided = [{} if query.sha256 is None else self._catalogue.decided(query.sha256) for query in queries]
        columns = zip(pairs.query.tolist(), pairs.reference.tolist(), pairs.distance.tolist(), strict=True)
        for position, (row, number, distance) in enumerate(columns):
            query, item, score = queries[row], items[number], 0.0 - distance
            identical = None if query.sha256 is None else query.sha256 == item.content_sha256
            hit = Hit(
                id=item.id,
                path=item.path,
                score=score,
                likely_copy=identical or score >= asked.threshold,
                identical=identical,
                decision=decided[row].get(item.id),
                metadata=item.metadata,
                item=item,
            )
            hits[row].append(hit if ranked is None else _judged_hit(hit, ranked, position, asked.threshold))
        return [
            Lookup(query.name, query.sha256, tuple(some), ranked is not None, query.image, self.sources)
            for query, some in zip(queries, hits, strict=True)
        ]


def _judged_hit(hit: Hit, ranked: Ranked, position: int, threshold: float) -> Hit:
    """A hit with its verification result."""
    verified, probability = ranked.verified, float(ranked.probabilities[position])
    details = verified.details.get(position)
    return replace(
        hit,
        likely_copy=probability >= threshold,
        judgement=Judgement(verified.verdicts[position], probability, float(verified.log_ratios[position])),
        compared=position not in verified.left_out,
        evidence=None if details is None else details.evidence,
        explanation=None if details is None else details.explanation,
    )
