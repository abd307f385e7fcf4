"""Scores predictions group by group: which kinds of copies are found, and which are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from copytrace.errors import EvaluationError
from copytrace.evaluation.bootstrap import Resampled
from copytrace.evaluation.recall_at_precision import recall_at_precision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copytrace.evaluation.judged import Judged
    from copytrace.records import BoolArray, IndexArray


@dataclass(frozen=True, eq=False)
class Group:
    """A group of copies.

    Attributes:
        names: what they have in common, one name per column of the aspect.
        queries: (q,) bool, whether each query is in the group; ignored for queries without a copy.
    """

    names: tuple[str, ...]
    queries: BoolArray


@dataclass(frozen=True, eq=False)
class Aspect:
    """One way to group the copies; a copy may be in several of its groups, or in none.

    Attributes:
        key: name in JSON.
        title: name for people.
        columns: headings of the groups' names.
        groups: in display order.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class GroupScore:
    """The scores for the copies of a group; see `break_down`.

    Attributes:
        names: names of the group.
        true_pairs: number of true pairs in the group.
        micro_ap: over the group's copies together with all queries without a copy.
        recall_at_p90: share of the group's true pairs that score at or above the threshold at which the whole list
            has a precision of 90%.
    """

    names: tuple[str, ...]
    true_pairs: int
    micro_ap: float
    recall_at_p90: float


class OutlineRow(NamedTuple):
    """A line of an aspect for display.

    Attributes:
        depth: indentation level, from 0.
        name: one of the group's names.
        group: None for a heading that the groups below it share.
    """

    depth: int
    name: str
    group: GroupScore | None


@dataclass(frozen=True)
class AspectScores:
    """The scores of an aspect's groups; attributes as in `Aspect`."""

    key: str
    title: str
    columns: tuple[str, ...]
    groups: tuple[GroupScore, ...]

    def outline(self) -> Iterator[OutlineRow]:
        """The groups line by line; groups that share all names but the last are listed under a common heading.

        >>> groups = (GroupScore(("colour", "hue"), 2, 0.5, 0.5), GroupScore(("colour", "grey"), 1, 1.0, 1.0))
        >>> [row.name for row in AspectScores("edit", "Edit", ("family", "edit"), groups).outline()]
        ['colour', 'hue', 'grey']
        """
        heading: tuple[str, ...] = ()
        for group in self.groups:
            *above, name = group.names
            for depth, part in enumerate(above):
                if heading[: depth + 1] != tuple(above[: depth + 1]):
                    yield OutlineRow(depth, part, None)
            heading = tuple(above)
            yield OutlineRow(len(above), name, group)


def break_down(judged: Judged, aspects: Sequence[Aspect]) -> tuple[AspectScores, ...]:
    """Score each group of copies separately.

    A group's micro-AP is computed on the list without the copies of other groups: its own copies compete with all
    queries without a copy, so every group meets the same false alarms. Recall at precision 90% uses one threshold
    for all groups, that of the whole list, since users of a system set only one; it is 0.0 if no rank of the whole
    list is that precise. Among equal scores, wrong pairs rank before right ones.

    Args:
        judged: n predictions of q queries.
        aspects: each group has at least one true pair.

    Raises:
        EvaluationError: a group has no true pair, or its mask is not (q,) bool.

    >>> from copytrace.evaluation.judged import Judged
    >>> correct, scores = np.array([True, False, True]), np.array([0.9, 0.8, 0.7])
    >>> judged = Judged(correct, scores, query=np.array([0, 1, 2]), positives=np.array([1, 0, 1]))
    >>> hard = Group(("hard",), np.array([False, False, True]))
    >>> break_down(judged, [Aspect("mix", "Mix", ("mix",), (hard,))])[0].groups
    (GroupScore(names=('hard',), true_pairs=1, micro_ap=0.5, recall_at_p90=0.0),)
    """
    lists = Resampled(judged)
    room = lists.room()
    found = _found_at_p90(judged)
    without_copy = judged.positives == 0

    def score(group: Group) -> GroupScore:
        _check(group, judged)
        # Dropping some queries is the same as drawing them zero times, and the others once.
        times = (group.queries | without_copy).astype(np.int64)
        true_pairs = int(judged.positives[group.queries].sum())
        return GroupScore(
            group.names, true_pairs, lists.micro_ap(times, room), int(found[group.queries].sum()) / true_pairs
        )

    return tuple(
        AspectScores(aspect.key, aspect.title, aspect.columns, tuple(map(score, aspect.groups)))
        for aspect in aspects
    )


def _found_at_p90(judged: Judged) -> IndexArray:
    """(q,) int64, how many of each query's true pairs reach the threshold of precision 90%."""
    threshold = recall_at_precision(judged, 0.9).threshold
    reached = judged.correct & (judged.scores >= (np.inf if threshold is None else threshold))
    return np.bincount(judged.query[reached], minlength=judged.queries)


def _check(group: Group, judged: Judged) -> None:
    name = " ".join(group.names)
    if group.queries.shape != (judged.queries,) or group.queries.dtype != np.bool_:
        raise EvaluationError(
            f"The queries of the group '{name}' are {group.queries.dtype} {group.queries.shape}; "
            f"expected bool ({judged.queries},)."
        )
    if not judged.positives[group.queries].any():
        raise EvaluationError(f"The group '{name}' has no true pair, so there is nothing to find; remove it.")
