"""How thorough a search is: which views of a query it describes, and how many references it compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from copytrace.pipelines.views import VIEWS

if TYPE_CHECKING:
    from copytrace.pipelines.views import View

EffortName = Literal["low", "default", "high"]

MOST_VOTED_FOR = 20_000
"""References that queries may vote for: their points are in memory, up to 10 KB each."""
VOTED_FOR_PER_QUERY = 10
"""With more references per query, extracting the features of all references takes longer than the rest of a search."""


@dataclass(frozen=True)
class Effort:
    """What a search does for each query.

    Attributes:
        name: its name on the command line.
        views: views to describe in addition to the whole picture.
        candidates: number of references to compare with the query.
        voted: further references to compare with it, by the votes of local features; see `votes`.
        patient: vote even if the features of many references have to be extracted for few queries.
    """

    name: EffortName
    views: tuple[View, ...]
    candidates: int
    voted: int = 0
    patient: bool = False

    def votes(self, queries: int, references: int) -> int:
        """The number of references that each query may vote for; 0 if the search is for few queries, or too large.

        >>> EFFORTS["default"].votes(900, 1_150), EFFORTS["default"].votes(1, 1_150)
        (10, 0)
        """
        affordable = self.patient or references <= VOTED_FOR_PER_QUERY * queries
        return self.voted if affordable and self.candidates < references <= MOST_VOTED_FOR else 0


EFFORTS: dict[EffortName, Effort] = {
    effort.name: effort
    for effort in (
        Effort("low", (), 20),
        Effort("default", VIEWS, 30, voted=10),
        Effort("high", VIEWS, 100, voted=30, patient=True),
    )
}
"""By name; docs/quality.md lists the cost and quality of each."""
