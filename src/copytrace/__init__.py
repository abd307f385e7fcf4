"""Finds the edited copies of images, and runs the challenge that proves how well it finds them.

The commands of the command line are functions here, with the same names and defaults::

    import copytrace

    copytrace.describe("library", "library.h5")
    for pair in copytrace.find("suspects", "library.h5").copies:
        print(pair.query_id, pair.reference_id, pair.probability)

Heavy modules are imported on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from copytrace.client import Host
    from copytrace.deduplication import Duplicates
    from copytrace.deduplication import find_duplicates as duplicates
    from copytrace.descriptors import Card
    from copytrace.descriptors.known import known_models as models
    from copytrace.errors import CopytraceError, InputError, MissingDependencyError, SubmissionError
    from copytrace.library import Hit, Library, Lookup
    from copytrace.pipelines.build_benchmark import Built, rebuild_benchmark
    from copytrace.pipelines.build_benchmark import build_benchmark as benchmark
    from copytrace.pipelines.check import check
    from copytrace.pipelines.compare import Comparison, compare
    from copytrace.pipelines.decide import Found, Pair
    from copytrace.pipelines.demo import Played
    from copytrace.pipelines.demo import run_demo as demo
    from copytrace.pipelines.describe import Described, describe
    from copytrace.pipelines.describe_keypoints import DescribedKeypoints, describe_keypoints
    from copytrace.pipelines.edit import EditedPicture, edit
    from copytrace.pipelines.find_copies import find_copies as find
    from copytrace.pipelines.fit_background import Fitted, fit_background
    from copytrace.pipelines.fit_verdict import FittedVerdict, fit_verdict
    from copytrace.pipelines.pack import pack
    from copytrace.pipelines.report_matches import report_matches
    from copytrace.pipelines.score_submission import score, score_by_recipe
    from copytrace.pipelines.train import Trained, train
    from copytrace.pipelines.train_inset import TrainedInset, train_inset
    from copytrace.records import Descriptors, Failure, Match, Matches, Report, Score, Truth
    from copytrace.reports.notebook_progress import NotebookProgress

__version__ = "0.1.0"

_WHERE = {
    "Built": "pipelines.build_benchmark",
    "Card": "descriptors",
    "Comparison": "pipelines.compare",
    "CopytraceError": "errors",
    "Described": "pipelines.describe",
    "DescribedKeypoints": "pipelines.describe_keypoints",
    "Descriptors": "records",
    "Duplicates": "deduplication",
    "EditedPicture": "pipelines.edit",
    "Failure": "records",
    "Fitted": "pipelines.fit_background",
    "FittedVerdict": "pipelines.fit_verdict",
    "Found": "pipelines.decide",
    "Hit": "library",
    "Host": "client",
    "InputError": "errors",
    "Library": "library",
    "Lookup": "library",
    "Match": "records",
    "Matches": "records",
    "MissingDependencyError": "errors",
    "NotebookProgress": "reports.notebook_progress",
    "Pair": "pipelines.decide",
    "Played": "pipelines.demo",
    "Report": "records",
    "Score": "records",
    "SubmissionError": "errors",
    "Trained": "pipelines.train",
    "TrainedInset": "pipelines.train_inset",
    "Truth": "records",
    "benchmark": "pipelines.build_benchmark:build_benchmark",
    "check": "pipelines.check",
    "compare": "pipelines.compare",
    "demo": "pipelines.demo:run_demo",
    "describe": "pipelines.describe",
    "describe_keypoints": "pipelines.describe_keypoints",
    "duplicates": "deduplication:find_duplicates",
    "edit": "pipelines.edit",
    "find": "pipelines.find_copies:find_copies",
    "fit_background": "pipelines.fit_background",
    "fit_verdict": "pipelines.fit_verdict",
    "models": "descriptors.known:known_models",
    "pack": "pipelines.pack",
    "rebuild_benchmark": "pipelines.build_benchmark",
    "report_matches": "pipelines.report_matches",
    "score": "pipelines.score_submission",
    "score_by_recipe": "pipelines.score_submission",
    "train": "pipelines.train",
    "train_inset": "pipelines.train_inset",
}
"""The module of each name; after a colon, what it is called there."""

_EARLIER = {"find_copies": "find", "find_duplicates": "duplicates"}
"""Names of before the verbs had those of the command line; they still work."""

__all__ = [
    "Built",
    "Card",
    "Comparison",
    "CopytraceError",
    "Described",
    "DescribedKeypoints",
    "Descriptors",
    "Duplicates",
    "EditedPicture",
    "Failure",
    "Fitted",
    "FittedVerdict",
    "Found",
    "Hit",
    "Host",
    "InputError",
    "Library",
    "Lookup",
    "Match",
    "Matches",
    "MissingDependencyError",
    "NotebookProgress",
    "Pair",
    "Played",
    "Report",
    "Score",
    "SubmissionError",
    "Trained",
    "TrainedInset",
    "Truth",
    "__version__",
    "benchmark",
    "check",
    "compare",
    "demo",
    "describe",
    "describe_keypoints",
    "duplicates",
    "edit",
    "find",
    "fit_background",
    "fit_verdict",
    "models",
    "pack",
    "rebuild_benchmark",
    "report_matches",
    "score",
    "score_by_recipe",
    "train",
    "train_inset",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is asked for
    current = _EARLIER.get(name, name)
    if current not in _WHERE:
        raise AttributeError(f"module 'copytrace' has no attribute '{name}'")
    module, _, there = _WHERE[current].partition(":")
    return getattr(import_module(f"copytrace.{module}"), there or current)


def __dir__() -> list[str]:
    return sorted(__all__)
