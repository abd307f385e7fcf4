"""Breaks text into lines, at spaces only."""

from __future__ import annotations

import re

BOLD = re.compile(r"\[b\](.*?)\[/b?\]")
"""Marks bold words in help texts."""


def wrap(text: str, width: int) -> list[str]:
    """Break text at spaces only, so that options, IDs and paths stay whole; bold markers take no space.

    >>> wrap("one of --max-results, [b]--per-query[/]", 20)
    ['one of', '--max-results,', '[b]--per-query[/]']
    """
    text = BOLD.sub(lambda bold: " ".join(f"[b]{word}[/]" for word in bold[1].split()), text)
    lines: list[list[str]] = [[]]
    room = width
    for word in text.split():
        length = len(BOLD.sub(r"\1", word))
        if lines[-1] and length > room:
            lines.append([])
            room = width
        lines[-1].append(word)
        room -= length + 1
    return [" ".join(line) for line in lines]
