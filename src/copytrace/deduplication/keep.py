"""Which picture of a group to keep: rules by name.

To add a rule, write its sort key, best first, and add a line to `KEEP`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from copytrace.deduplication.companions import has_raw

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.deduplication.records import Picture

KeepRule = Literal["best", "oldest", "newest", "largest", "shortest-path"]

_NEVER = "9"
"""Sorts after every date."""


def _best(picture: Picture) -> tuple[Any, ...]:
    """Most pixels, then least compressed, then the earliest date."""
    facts = picture.facts
    return -facts.pixels, -facts.bytes, facts.taken or _NEVER


def _oldest(picture: Picture) -> tuple[Any, ...]:
    return picture.facts.taken or _NEVER, *_best(picture)


def _newest(picture: Picture) -> tuple[Any, ...]:
    return tuple(-ord(sign) for sign in picture.facts.taken.ljust(20)), *_best(picture)


def _largest(picture: Picture) -> tuple[Any, ...]:
    return -picture.facts.bytes, *_best(picture)


def _shortest_path(picture: Picture) -> tuple[Any, ...]:
    return len(picture.name), *_best(picture)


KEEP: dict[KeepRule, Callable[[Picture], tuple[Any, ...]]] = {
    "best": _best,
    "oldest": _oldest,
    "newest": _newest,
    "largest": _largest,
    "shortest-path": _shortest_path,
}


def order_by(rule: KeepRule, picture: Picture) -> tuple[Any, ...]:
    """The sort key of pictures, the one to keep first; a picture with a RAW file always comes before one without."""
    raw = picture.path is not None and has_raw(picture.path)
    return not raw, *KEEP[rule](picture), picture.name
