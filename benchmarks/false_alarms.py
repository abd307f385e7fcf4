"""Counts false alarms: queries reported as copies although they are not, by verdict.

Queries and references must be different photographs. Some collections contain a photograph twice: inspect the printed
pairs before you count them.
::

    python benchmarks/false_alarms.py QUERIES REFERENCES
"""

from __future__ import annotations

import argparse
from collections import Counter

from copytrace import find
from copytrace.matching import IN_WORDS


def main() -> None:
    """Search, count the best verdict of each query, and print the most likely pairs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("queries")
    parser.add_argument("references")
    parser.add_argument("--prior", type=float, default=0.01)
    asked = parser.parse_args()
    found = find(asked.queries, asked.references, per_query=1, prior=asked.prior)
    verdicts = found.verified.verdicts if found.verified else []
    print(f"{found.queries:,} queries, {found.references:,} references, prior {asked.prior:g}\n")
    print("| verdict | queries |\n|---|---|")
    for verdict, count in Counter(verdicts).most_common():
        print(f"| {IN_WORDS[verdict]} | {count:,} |")
    for match, verdict in zip(found.matches, verdicts, strict=True):
        if verdict in {"copy", "probable", "unclear"}:
            print(f"{IN_WORDS[verdict]}: {match.query_id} {match.reference_id} {match.score:.4f}")


if __name__ == "__main__":
    main()
