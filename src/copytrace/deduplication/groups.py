"""Groups judged pairs: a picture to keep, and copies that were compared with it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence


class Stars(NamedTuple):
    """Groups by their centres.

    Attributes:
        copies: for each centre, the rows of its copies.
        same_scene: for each centre, the rows of pictures that are not copies but show the same scene.
    """

    copies: Mapping[int, list[int]]
    same_scene: Mapping[int, list[int]]


def group(
    order: Sequence[int],
    copies: Iterable[tuple[int, int]],
    same_scene: Iterable[tuple[int, int]],
    twins: Collection[int] = (),
) -> Stars:
    """Form groups with a centre, so that a chain of pairs never joins unrelated pictures.

    The best ungrouped picture becomes a centre and takes its ungrouped copies. A picture is in at most one group. A
    picture of the same scene joins the first centre that it matches; if neither is in a group, the better one becomes a
    centre.

    Args:
        order: all rows of the pairs, best first.
        copies: pairs of rows that are copies of one another.
        same_scene: pairs of rows that show the same scene.
        twins: rows with identical files, so that each is in a group even without another copy.

    >>> group([0, 1, 2, 3], [(0, 1), (1, 2)], [(3, 0)])
    Stars(copies={0: [1]}, same_scene={0: [3]})
    """
    near, alike = _neighbours(copies), _neighbours(same_scene)
    taken: set[int] = set()
    centres: dict[int, list[int]] = {}
    for row in order:
        free = [other for other in near[row] if other not in taken]
        if row not in taken and (free or row in twins):
            centres[row] = free
            taken.update((row, *free))
    scenes: dict[int, list[int]] = {}
    for row in order:
        if row in taken and row not in centres:
            continue
        free = [other for other in alike[row] if other not in taken]
        if free:
            scenes[row] = free
            taken.update((row, *free))
    return Stars(centres, scenes)


def unlinked(order: Sequence[int], copies: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pairs connected by a chain of copies: the best picture in the chain with each other one.

    Args:
        order: all rows of the pairs, best first.
        copies: pairs of rows that are copies of one another.

    >>> unlinked([0, 1, 2, 3], [(0, 1), (1, 2), (2, 3)])
    [(0, 2), (0, 3)]
    """
    near = _neighbours(copies)
    seen: set[int] = set()
    found = []
    for row in order:
        if row not in seen:
            chain = _reached(row, near)
            seen |= chain
            found += [(row, other) for other in sorted(chain.difference((row, *near[row])))]
    return found


def _reached(row: int, near: Mapping[int, Sequence[int]]) -> set[int]:
    """A row and all rows connected to it by chains."""
    reached, ends = {row}, [row]
    while ends:
        new = set(near[ends.pop()]) - reached
        reached |= new
        ends += new
    return reached


def _neighbours(pairs: Iterable[tuple[int, int]]) -> defaultdict[int, list[int]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    for one, other in pairs:
        found[one].append(other)
        found[other].append(one)
    return found
