"""Finds the edited copies of images, and runs the challenge that proves how well it finds them.

The verbs of the command line are functions here, with the same names and defaults::

    import copytrace

    copytrace.describe("library", "library.h5")
    found = copytrace.find_copies("suspects", "library.h5")
    for match in found.matches:
        print(match.query_id, match.reference_id, match.score)

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from copytrace.deduplication import Duplicates, find_duplicates
    from copytrace.errors import CopytraceError, InputError, MissingDependencyError, SubmissionError
    from copytrace.library import Library
    from copytrace.pipelines.check import check
    from copytrace.pipelines.compare import Comparison, compare
    from copytrace.pipelines.decide import Found
    from copytrace.pipelines.describe import Described, describe
    from copytrace.pipelines.describe_keypoints import DescribedKeypoints, describe_keypoints
    from copytrace.pipelines.find_copies import find_copies
    from copytrace.pipelines.fit_background import Fitted, fit_background
    from copytrace.pipelines.fit_verdict import FittedVerdict, fit_verdict
    from copytrace.pipelines.pack import pack
    from copytrace.pipelines.report_matches import report_matches
    from copytrace.pipelines.score_submission import score, score_by_recipe
    from copytrace.records import Descriptors, Failure, Match, Matches, Report, Score, Truth

__version__ = "0.1.0"

_WHERE = {
    "Comparison": "pipelines.compare",
    "CopytraceError": "errors",
    "Described": "pipelines.describe",
    "DescribedKeypoints": "pipelines.describe_keypoints",
    "Descriptors": "records",
    "Duplicates": "duplicates",
    "Failure": "records",
    "Fitted": "pipelines.fit_background",
    "FittedVerdict": "pipelines.fit_verdict",
    "Found": "pipelines.decide",
    "InputError": "errors",
    "Library": "library",
    "Match": "records",
    "Matches": "records",
    "MissingDependencyError": "errors",
    "Report": "records",
    "Score": "records",
    "SubmissionError": "errors",
    "Truth": "records",
    "check": "pipelines.check",
    "compare": "pipelines.compare",
    "describe": "pipelines.describe",
    "describe_keypoints": "pipelines.describe_keypoints",
    "find_copies": "pipelines.find_copies",
    "find_duplicates": "duplicates",
    "fit_background": "pipelines.fit_background",
    "fit_verdict": "pipelines.fit_verdict",
    "pack": "pipelines.pack",
    "report_matches": "pipelines.report_matches",
    "score": "pipelines.score_submission",
    "score_by_recipe": "pipelines.score_submission",
}

__all__ = [
    "Comparison",
    "CopytraceError",
    "Described",
    "DescribedKeypoints",
    "Descriptors",
    "Duplicates",
    "Failure",
    "Fitted",
    "FittedVerdict",
    "Found",
    "InputError",
    "Library",
    "Match",
    "Matches",
    "MissingDependencyError",
    "Report",
    "Score",
    "SubmissionError",
    "Truth",
    "__version__",
    "check",
    "compare",
    "describe",
    "describe_keypoints",
    "find_copies",
    "find_duplicates",
    "fit_background",
    "fit_verdict",
    "pack",
    "report_matches",
    "score",
    "score_by_recipe",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is asked for
    if name not in _WHERE:
        raise AttributeError(f"module 'copytrace' has no attribute '{name}'")
    return getattr(import_module(f"copytrace.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
