"""Groups compared pictures: which one each group keeps, and how the others differ from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from copytrace.deduplication.groups import group
from copytrace.deduplication.keep import order_by
from copytrace.deduplication.kinds import kind_of
from copytrace.deduplication.records import Group, Member
from copytrace.matching import IDENTICAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from copytrace.deduplication.compared import Compared
    from copytrace.deduplication.keep import KeepRule
    from copytrace.deduplication.pictures import Album


class Ranking:
    """Ranks pictures: the best is the one to keep.

    Args:
        identical: the rows of identical files, by the first of them.
        album: the pictures.
        keep: the rule.
    """

    def __init__(self, identical: Mapping[int, Sequence[int]], album: Album, keep: KeepRule) -> None:
        self._album = album
        self._keep = keep
        # Each first file represents its identical files, best first.
        self.twins = {
            first: sorted(rows, key=self._rank) for first, rows in identical.items() if len(rows) > 1
        }

    def _rank(self, row: int) -> tuple[Any, ...]:
        return order_by(self._keep, self._album[row])

    def files(self, row: int) -> Sequence[int]:
        """The identical files of a row, best first."""
        return self.twins.get(row, [row])

    def order(self, pairs: Iterable[tuple[int, int]]) -> list[int]:
        """The rows of pairs, best first."""
        return sorted({row for pair in pairs for row in pair}, key=lambda row: self._rank(self.files(row)[0]))


def grouped(compared: Compared, ranking: Ranking, album: Album, threshold: float) -> tuple[Group, ...]:
    """The groups of a collection, most copies first.

    Args:
        compared: the compared pairs of different files.
        ranking: which pictures to keep.
        album: the pictures.
        threshold: probability from which a pair is called a copy.
    """
    copies, scenes, twins = compared.copies(threshold), compared.same_scenes(threshold), ranking.twins
    order = ranking.order((*copies, *scenes, *((row, row) for row in twins)))
    stars = group(order, copies, scenes, set(twins))
    groups = []
    for centre in (row for row in order if row in stars.copies or row in stars.same_scene):
        kept, *others = ranking.files(centre)
        members = [Member(album[row], "identical", IDENTICAL) for row in others]
        for row in stars.copies.get(centre, ()):
            members += _members(row, centre, ranking.files(row), compared, album)
        members.sort(key=lambda member: -member.judgement.probability)
        for row in stars.same_scene.get(centre, ()):
            members += _members(row, centre, [row], compared, album, same_scene=True)
        groups.append(Group(album[kept], tuple(members)))
    return tuple(sorted(groups, key=lambda one: -len(one.copies)))


def _members(
    row: int,
    centre: int,
    twins: Sequence[int],
    compared: Compared,
    album: Album,
    *,
    same_scene: bool = False,
) -> Iterator[Member]:
    """The files of a copy; all of them differ from the kept one as the first does, which was compared with it."""
    position, is_query = compared.position(row, centre)
    judgement, details = compared.judged.judgements[position], compared.judged.details.get(position)
    if judgement is None:
        raise ValueError(f"rows {row} and {centre} were not compared")
    evidence, explanation = (None, None) if details is None else (details.evidence, details.explanation)
    kind = kind_of(evidence, explanation, album[row].facts, album[centre].facts)
    for twin in twins:
        yield Member(
            album[twin], "same scene" if same_scene else kind, judgement, evidence, explanation, is_query
        )
