"""Breaks text into lines, at spaces only."""

from __future__ import annotations

import re
import textwrap

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


def fitted(text: str, width: int) -> str:
    r"""Break the lines that are wider than a terminal, at spaces alone; shorter ones keep their looks.

    >>> fitted("report: report/index.html", 10)
    'report:\nreport/index.html'
    """
    breaker = textwrap.TextWrapper(width, break_long_words=False, break_on_hyphens=False)
    return "\n".join("\n".join(breaker.wrap(line)) or line for line in text.split("\n"))
