# ruff: noqa: RUF001, RUF002 - letters that look alike are the subject of this file
"""Team names that people can tell apart."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from copytrace.hosting.models import Challenge
from copytrace.hosting.services.problems import Problem, Unusable

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 60

_LIKE = {
    "a": "αа", "b": "βв", "c": "сϲ", "d": "ԁ", "e": "εе", "h": "ηнһ", "i": "1lιіӏıǀ|", "j": "јϳ", "k": "κк", "m": "μм",
    "n": "ν", "o": "0οо", "p": "ρр", "q": "ԛ", "s": "ѕ", "t": "τт", "w": "ԝ", "x": "χх", "y": "υуү", "z": "ζ",
}  # fmt: skip
"""Latin letters, and the digits, Greek and Cyrillic letters that look like them, in either case."""

_LATIN = str.maketrans({other: letter for letter, others in _LIKE.items() for other in others})

_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Characters that are invisible, although their Unicode categories are not."""


def clean(name: str) -> str:
    """A name with single spaces between its words.

    Raises:
        Unusable: it is empty, too long or contains unprintable characters.
    """
    name = " ".join(name.split())
    if not (0 < len(name) <= LONGEST and name.isprintable() and look_of(name).strip()):
        raise Unusable(
            f"A team name must have 1 to {LONGEST} printable characters; {name!r} has {len(name)}."
        )
    return name


def look_of(name: str) -> str:
    """A key that is equal for names that look the same.

    >>> look_of("ALPHA") == look_of("Ａlpha") == look_of("аlphа") == look_of("álpha") != look_of("Beta")
    True
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(_visible(folded)).translate(_LATIN)


def _visible(text: str) -> Iterator[str]:
    """The letters, without accents or invisible characters."""
    for letter in unicodedata.normalize("NFKD", text):
        if letter not in _BLANKS and unicodedata.category(letter) not in {"Mn", "Me", "Cf"}:
            yield letter


def require_free(challenge: Challenge, name: str) -> None:
    """Refuse a name that equals or resembles another team's; call this in the transaction that takes the name.

    Raises:
        Problem: the message names the other team.
    """
    # With the lock, only one name is taken at a time.
    Challenge.objects.select_for_update().get(pk=challenge.pk)
    look = look_of(name)
    taken = challenge.teams.values_list("name", flat=True)
    other = next((found for found in taken if look_of(found) == look), None)
    if other == name:
        raise Problem(f"A team named {name!r} already exists; choose another name.")
    if other is not None:
        raise Problem(f"{name!r} looks like the existing team {other!r}; choose another name.")
