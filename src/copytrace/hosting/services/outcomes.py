"""Saves the result of a run, from a worker of this site or on another machine."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from copytrace.hosting.services import queue, stored_files

if TYPE_CHECKING:
    from copytrace.hosting.models import ScoringRun

SCORER_VERSION = "1"
"""Must increase whenever scores change for the same file and truth."""


def settle(
    run: ScoringRun, outcome: dict[str, Any], *, truth_version: str, seconds: float, machine: str
) -> bool:
    """Save the result of a run; False if another worker now has it.

    Args:
        run: the run as claimed.
        outcome: `problem`; or `measures`, `plots` and `replicates` (float32 in base64, or None) of a score; or
            `faults` and `facts` of a check.
        truth_version: version of the truth used to score.
        seconds: duration.
        machine: name and type of the machine.
    """
    if "problem" in outcome:
        return queue.give_back(run, str(outcome["problem"]))
    if "measures" in outcome:
        public, private = outcome["measures"]["public"], outcome["measures"]["private"]
        replicates = {
            f"{board}_replicates": kept and base64.b64decode(kept, validate=True)
            for board, kept in outcome["replicates"].items()
        }
        return queue.finish(
            run,
            scorer_version=SCORER_VERSION,
            truth_version=truth_version,
            public_measures=public,
            private_measures=private,
            public_plots=outcome["plots"],
            public_score=public["micro_ap"],
            private_score=private["micro_ap"],
            **replicates,
            seconds=round(seconds, 3),
            machine=machine[:200],
        )
    if not outcome["faults"]:
        return queue.pass_check(run, outcome["facts"])
    held = queue.refuse(run, outcome["faults"])
    if held:
        stored_files.drop(run.submission.path)
    return held
