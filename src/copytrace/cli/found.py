"""What `copytrace find` found: a sentence and a table for people, or JSON."""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING, Any

from copytrace.cli import terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

    from copytrace.matching import Evidence, Explanation, Verdict
    from copytrace.pipelines.decide import Found
    from copytrace.pipelines.verified import Verified

SHOWN = 10
"""Matches that are printed; a file or a report holds them all."""
OF_REFERENCE: dict[Verdict, str] = {
    "copy": "copy of {}",
    "probable": "probably a copy of {}",
    "same_scene": "same scene as {}",
    "unclear": "cannot tell",
    "none": "no copy found",
}
DEFAULT_COLUMNS = {"probability", "score"}
"""Shown without `--scores`."""
COLOURS: dict[Verdict, str] = {
    "copy": "green",
    "probable": "green",
    "same_scene": "yellow",
    "unclear": "yellow",
}
"""Of verdicts in the table; any other one is dim."""


def show_found(found: Found, *, scores: bool, written: bool) -> None:
    """Print the verdict and the best matches.

    Args:
        found: what was found.
        scores: show likelihood ratios and distances too.
        written: all matches are in a file.
    """
    terminal.result(_summary(found))
    if len(found.matches):
        terminal.result(_table(found, scores=scores))
    if len(found.matches) > SHOWN:
        how = "" if written else "; -o FILE writes them all"
        terminal.say(f"... and {len(found.matches) - SHOWN:,} more pairs{how}")
    if len(found.matches):
        terminal.say(_what_is_likely(found))


def found_json(found: Found) -> dict[str, Any]:
    """What was found, as JSON has it."""
    return {
        "model": found.model,
        "verified": found.verified is not None,
        "prior": None if found.verified is None else found.verified.prior,
        "threshold": found.threshold,
        "queries": found.queries,
        "references": found.references,
        "copies": len(found.copies),
        "matches": found.to_dicts(),
        "failures": [failure.__dict__ for failure in found.failures],
        "left_out": found.left_out,
    }


def _reasons(verified: Verified, position: int) -> tuple[Evidence | None, Explanation | None]:
    details = verified.details.get(position)
    return (None, None) if details is None else (details.evidence, details.explanation)


def _summary(found: Found) -> str:
    """One sentence: for a single query the verdict on its best match, otherwise a count."""
    if found.queries == 1:
        if found.verified is not None and len(found.matches):
            return _sentence(found, found.verified)
        return f"likely copy of {found.matches.reference_ids[0]}" if found.copies else "no copy found"
    return (
        f"{len(found.copies):,} likely copies among the {len(found.matches):,} best pairs "
        f"of {found.queries:,} queries and {found.references:,} references"
    )


def _sentence(found: Found, verified: Verified) -> str:
    from copytrace.matching import percent, reasons

    best, verdict = next(iter(found.matches)), verified.verdicts[0]
    of = OF_REFERENCE[verdict].format(best.reference_id)
    first = f"{of} ({percent(best.score)})"
    if verdict in {"copy", "probable"} and best.score < found.threshold:
        return f"no likely copy: {first} is below the threshold of {percent(found.threshold)}"
    why = reasons(verdict, best.score, *_reasons(verified, 0))
    return f"{first}: {why}" if why else first


def _table(found: Found, *, scores: bool) -> Table:
    from rich.table import Table
    from rich.text import Text

    measured = [(name, cells) for name, cells in _columns(found) if scores or name in DEFAULT_COLUMNS]
    table = Table("query", "reference", *(name for name, _ in measured), "verdict", box=None, pad_edge=False)
    for column in table.columns[2:-1]:
        column.justify = "right"
    for position, match in enumerate(islice(found.matches, SHOWN)):
        # An ID is text: no brackets in it are markup.
        ids = (Text(match.query_id), Text(match.reference_id))
        table.add_row(*ids, *(cells(position) for _, cells in measured), _verdict(found, position))
    return table


def _columns(found: Found) -> list[tuple[str, Callable[[int], str]]]:
    """What is known of the strength of a match, by the name of its column."""
    from copytrace.matching import percent
    from copytrace.matching.verdict_json import LARGEST

    verified, strengths = found.verified, found.matches.scores
    if verified is None:
        return [("score", lambda at: f"{strengths[at]:.4g}")]
    return [
        ("probability", lambda at: percent(float(strengths[at]))),
        ("likelihood ratio", lambda at: f"{math.exp(min(float(verified.log_ratios[at]), LARGEST)):.3g}"),
        ("distance", lambda at: f"{verified.distances[at]:.4g}"),
    ]


def _verdict(found: Found, position: int) -> str:
    """The verdict on a match, with markup."""
    from copytrace.matching import IN_WORDS

    if found.verified is None:
        likely = found.matches.scores[position] >= found.threshold
        return "[green]likely copy[/]" if likely else "[dim]no copy[/]"
    verdict = found.verified.verdicts[position]
    return f"[{COLOURS.get(verdict, 'dim')}]{IN_WORDS[verdict]}[/]"


def _what_is_likely(found: Found) -> str:
    from copytrace.matching import percent

    if found.verified is None:
        return f"likely copy: score >= {found.threshold:g} ({found.model}; {found.threshold_source})"
    return (
        f"likely copy: probability >= {percent(found.threshold)} ({found.threshold_source}), "
        f"if {percent(found.verified.prior)} of all queries are copies (--prior)"
    )
