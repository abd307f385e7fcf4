"""From judged pairs to groups: a picture to keep, and copies that were compared with it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence


class Stars(NamedTuple):
    """Groups by their centres.

    Attributes:
        copies: of each centre, the rows of its copies.
        same_scene: of each centre, the rows of pictures that are no copies but show the same scene.
    """

    copies: Mapping[int, list[int]]
    same_scene: Mapping[int, list[int]]


def group(
    order: Sequence[int],
    copies: Iterable[tuple[int, int]],
    same_scene: Iterable[tuple[int, int]],
    twins: Collection[int] = (),
) -> Stars:
    """Make groups with a centre, so that a chain of pairs never joins strangers.

    The best picture that is in no group becomes a centre and takes its copies that are in none. A picture is in one
    group at most. One of the same scene joins the first centre that it resembles; if neither is in a group, the better
    one becomes a centre.

    Args:
        order: all rows of the pairs, the best first.
        copies: pairs of rows that are copies of one another.
        same_scene: pairs of rows that show the same scene.
        twins: rows that have identical files, so that each is in a group even without a copy.

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
    """Pairs that a chain of copies connects, of the best picture in the chain and another one.

    Args:
        order: all rows of the pairs, the best first.
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
    """A row and all that chains connect it with."""
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
