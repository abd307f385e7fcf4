"""The results of `copytrace find`: a sentence and a table, or JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from copytrace.cli import terminal
from copytrace.cli.tables import Cell, Column, Row, show_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from copytrace.matching import Evidence, Explanation, Verdict
    from copytrace.pipelines.decide import Found
    from copytrace.pipelines.verified import Verified
    from copytrace.records import Match

SHOWN = 10
"""Matches to print; a file or a report lists them all."""
_CLOSEST = 3
"""Matches to print if fewer may be copies: what was closest."""
OF_REFERENCE: dict[Verdict, str] = {
    "copy": "copy of {}",
    "probable": "probably a copy of {}",
    "same_scene": "same scene as {}",
    "unclear": "cannot tell",
    "none": "no copy found",
}
DEFAULT_COLUMNS = {"probability", "score"}
"""Columns shown without `--scores`."""
COLOURS: dict[Verdict, str] = {
    "copy": "green",
    "probable": "green",
    "same_scene": "yellow",
    "unclear": "yellow",
}
"""Colours of verdicts in the table; others are dim."""


def show_found(found: Found, *, scores: bool, written: bool) -> None:
    """Print the verdict and the best matches.

    Args:
        found: what was found.
        scores: show likelihood ratios and distances too.
        written: whether a file lists all matches.
    """
    terminal.result(_summary(found))
    if not len(found.matches):
        return
    shown = _worth_showing(found)
    _show_matches(found, shown, scores=scores)
    if len(found.matches) > len(shown):
        how = "" if written else "; list all with -o FILE"
        terminal.say(f"... and {len(found.matches) - len(shown):,} more pairs{how}")
    terminal.say(_what_is_likely(found))


def _worth_showing(found: Found) -> list[int]:
    """Positions of the best matches: those that may be copies, or show the same scene, and the closest."""
    from copytrace.matching import POSSIBLE

    positions = range(len(found.matches))
    if found.verified is None:
        return list(positions[:SHOWN])
    chances, verdicts = found.matches.scores, found.verified.verdicts
    told = [at for at in positions if chances[at] >= POSSIBLE or verdicts[at] == "same_scene"]
    return sorted({*positions[:_CLOSEST], *told[:SHOWN]})


def found_json(found: Found) -> dict[str, Any]:
    """The results as JSON."""
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
    from copytrace.pipelines.results import counted

    return (
        f"{counted(len(found.copies), 'likely copy', 'likely copies')} among the {len(found.matches):,} best pairs "
        f"of {found.queries:,} queries and {counted(found.references, 'reference', 'references')}"
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


def _show_matches(found: Found, positions: Sequence[int], *, scores: bool) -> None:
    measured = [(name, cells) for name, cells in _columns(found) if scores or name in DEFAULT_COLUMNS]
    columns = [
        Column("query"),
        Column("reference"),
        *(Column(name, right=True) for name, _ in measured),
        Column("verdict"),
    ]
    rows = zip(positions, found.matches.taken(positions), strict=True)
    show_table(columns, [_row(found, at, match, measured) for at, match in rows])


def _row(found: Found, at: int, match: Match, measured: Sequence[tuple[str, Callable[[int], str]]]) -> Row:
    return (
        Cell(match.query_id, link=found.query_place(match.query_id)),
        Cell(match.reference_id, link=found.reference_place(match.reference_id)),
        *(Cell(cells(at)) for _, cells in measured),
        _verdict(found, at),
    )


def _columns(found: Found) -> list[tuple[str, Callable[[int], str]]]:
    """The measures of a match, by column heading."""
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


def _verdict(found: Found, position: int) -> Cell:
    from copytrace.matching import IN_WORDS

    if found.verified is None:
        likely = found.matches.scores[position] >= found.threshold
        return Cell("likely copy", "green") if likely else Cell("no copy", "dim")
    verdict = found.verified.verdicts[position]
    return Cell(IN_WORDS[verdict], COLOURS.get(verdict, "dim"))


def _what_is_likely(found: Found) -> str:
    from copytrace.matching import percent

    if found.verified is None:
        return f"likely copy: score >= {found.threshold:g} ({found.model}; {found.threshold_source})"
    return (
        f"likely copy: probability >= {percent(found.threshold)} ({found.threshold_source}), "
        f"if {percent(found.verified.prior)} of all queries are copies (--prior)"
    )
