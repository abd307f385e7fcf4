"""Every measure, under its name in `records.Score` and in `copytrace score --json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.evaluation.micro_ap import micro_ap
from copytrace.evaluation.recall_at_k import recall_at_1, recall_at_10
from copytrace.evaluation.recall_at_precision import recall_at_p90

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.evaluation.judged import Judged

MEASURES: tuple[Callable[[Judged], float], ...] = (micro_ap, recall_at_p90, recall_at_1, recall_at_10)
"""Each measure is between 0 and 1, higher is better, and the order of predictions does not matter."""
