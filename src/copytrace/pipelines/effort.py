"""How hard a search tries: which views of a query it describes, and how many references it looks at closely."""

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
        name: as the command line has it.
        views: described besides the whole picture.
        candidates: references that are compared with the query.
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
"""By name; docs/quality.md has what each costs and finds."""
