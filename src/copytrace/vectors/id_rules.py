"""Which IDs are valid, and how lists of IDs are compared."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from copytrace.vectors.faults import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from copytrace.vectors.faults import Faults

LONGEST_ID = 4096
"""Bytes of UTF-8; a path can be this long."""

LINE_MARKS = "\0\n\r"
"""Characters that no ID may contain, since they would break a line of a list or CSV file."""


def id_problem(image_id: str) -> str | None:
    r"""Why a text is not an ID; None if it is: 1 to 4096 bytes of UTF-8 without NUL and line breaks.

    >>> id_problem("Q00001")
    >>> id_problem("a\nb")
    'has a line break or NUL'
    """
    try:
        length = len(image_id.encode())
    except UnicodeEncodeError:
        return "is not valid Unicode"
    if not length:
        return "is empty"
    if length > LONGEST_ID:
        return f"is {length:,} bytes long; the limit is {LONGEST_ID:,}"
    return "has a line break or NUL" if any(mark in image_id for mark in LINE_MARKS) else None


def path_problem(path: str) -> str | None:
    r"""Why a text is not a path of an image; None if it is: the rules for IDs apply, but line breaks are allowed.

    >>> path_problem("new\nyear/Q1.jpg")
    >>> path_problem("")
    'is empty'
    """
    return id_problem(path.replace("\n", " ").replace("\r", " "))


def judge_ids(ids: Sequence[str], place: str, faults: Faults) -> None:
    """Add invalid and repeated IDs to the faults; `place` says where the IDs are."""
    problems = unusable_ids(ids)
    faults.add_kind(
        (f"{place}: the ID {shown(ids[row])} in row {row} {problem}." for row, problem in problems),
        len(problems),
        f"IDs in {place} cannot be used",
    )
    repeated = repeats(ids)
    faults.add_kind(
        (
            f"{place}: the ID {shown(image_id)} appears {count} times; expected once."
            for image_id, count in repeated
        ),
        len(repeated),
        f"IDs in {place} are repeated",
    )


def unusable_ids(ids: Sequence[str]) -> list[tuple[int, str]]:
    """The rows (counted from 0) whose text is not an ID, and why.

    >>> unusable_ids(["Q1", ""])
    [(1, 'is empty')]
    """
    # A quick check of all of them takes a tenth of the time: no character takes more than four bytes, and printable
    # characters include no line break and no surrogate.
    if all(ids) and 4 * max(map(len, ids), default=0) <= LONGEST_ID and "".join(ids).isprintable():
        return []
    return [(row, problem) for row, image_id in enumerate(ids) if (problem := id_problem(image_id))]


def repeats(ids: Iterable[str]) -> list[tuple[str, int]]:
    """The IDs that occur more than once, with their counts, in the order of their first occurrence.

    >>> repeats(["b", "a", "b"])
    [('b', 2)]
    """
    return [(image_id, count) for image_id, count in Counter(ids).items() if count > 1]


def judge_against_list(found: Collection[str], wanted: Collection[str], place: str, faults: Faults) -> None:
    """Add the IDs that are not in the list, and those of the list that are missing."""
    known = set(wanted)
    unknown = [image_id for image_id in dict.fromkeys(found) if image_id not in known]
    faults.add_kind(
        (f"{place}: the ID {shown(image_id)} is not in the list of IDs." for image_id in unknown),
        len(unknown),
        f"IDs in {place} are not in the list of IDs",
    )
    there = set(found)
    missing = [image_id for image_id in wanted if image_id not in there]
    faults.add_kind(
        (
            f"{place}: the ID {shown(image_id)} is missing; expected every ID of the list."
            for image_id in missing
        ),
        len(missing),
        f"IDs of the list are missing from {place}",
    )
