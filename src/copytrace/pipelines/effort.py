"""How thorough a search is: which views of a query it describes, and how many references it compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from copytrace.pipelines.views import VIEWS

if TYPE_CHECKING:
    from copytrace.pipelines.views import View

EffortName = Literal["low", "default", "high"]


@dataclass(frozen=True)
class Effort:
    """What a search does for each query.

    Attributes:
        name: its name on the command line.
        views: views to describe in addition to the whole picture.
        candidates: number of references to compare with the query.
    """

    name: EffortName
    views: tuple[View, ...]
    candidates: int


EFFORTS: dict[EffortName, Effort] = {
    effort.name: effort
    for effort in (
        Effort("low", (), 20),
        Effort("default", VIEWS, 30),
        Effort("high", VIEWS, 100),
    )
}
"""By name; docs/quality.md lists the cost and quality of each."""
