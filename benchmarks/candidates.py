"""Measures which views of a query find its reference: the share of true pairs among the candidates, and the cost.

The last line adds the references that most of a query's local features vote for.

::

    copytrace benchmark PHOTOS -o bench --queries 1200 --references 3000 --copies 0.5 --side 320
    python benchmarks/candidates.py bench
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from copytrace.descriptors import Choice
from copytrace.engines import LocalEngine, open_ledger
from copytrace.matching import VERIFIERS
from copytrace.pipelines.candidates import find_candidates
from copytrace.pipelines.effort import EFFORTS
from copytrace.pipelines.model_choice import complete
from copytrace.pipelines.pictures import pictures_of
from copytrace.pipelines.query_views import ViewVectors, describe_views
from copytrace.pipelines.sides import Sides, open_sets, open_sides
from copytrace.pipelines.views import VIEWS
from copytrace.pipelines.voted import with_voted
from copytrace.progress import SILENT
from copytrace.submissions import read_truth

if TYPE_CHECKING:
    from copytrace.pipelines.views import View
    from copytrace.records import ClosestPairs

AMONG = (1, 10, 20, 50, 100)
"""Candidates per query."""


def main() -> None:
    """Print one line per view."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("benchmark", type=Path, help="a folder made by `copytrace benchmark`")
    parser.add_argument("--queries", type=Path, help="its queries, described")
    parser.add_argument("--references", type=Path, help="its references, described")
    asked = parser.parse_args()
    folder: Path = asked.benchmark
    sources = (asked.queries or folder / "queries", asked.references or folder / "references")
    with open_sets(sources) as sets, TemporaryDirectory() as parts:
        choice = complete(Choice("", ""), [each for each in sets if each is not None])
        with open_sides(
            sources, sets, choice, ids="auto", engine=LocalEngine(), strict=False, progress=SILENT
        ) as sides:
            bench = _Bench(sides, choice, folder, Path(parts))
            bench.report()


class _Bench:
    """A benchmark, and the vectors of all views of its queries."""

    def __init__(self, sides: Sides, choice: Choice, folder: Path, parts: Path) -> None:
        self.sides, self.folder = sides, folder
        truth = read_truth(folder / "truth.csv")
        query, reference = (
            {id_: row for row, id_ in enumerate(side.descriptors.ids)}
            for side in (sides.query, sides.reference)
        )
        self.true: dict[int, set[int]] = defaultdict(set)
        for one, other in zip(truth.pair_query_ids, truth.pair_reference_ids, strict=True):
            self.true[query[one]].add(reference[other])
        self.vectors: dict[str, list[ViewVectors]] = {}
        self.milliseconds: dict[str, float] = {}
        pictures = pictures_of(sides.query, folder / "queries")
        for view in VIEWS:
            start = time.process_time()
            with open_ledger(parts / view.name, parts) as ledger:
                self.vectors[view.name] = list(
                    describe_views(
                        pictures, choice, (view,), engine=LocalEngine(1), ledger=ledger, progress=SILENT
                    )
                )
            self.milliseconds[view.name] = 1000 * (time.process_time() - start) / len(pictures)

    def report(self) -> None:
        """Print results for the whole picture alone, with each view, and with all views."""
        print(f"{'views':24}{'ms/query':>9}" + "".join(f"{f'@{among}':>7}" for among in AMONG))
        self._line("whole", ())
        for view in VIEWS:
            self._line(f"+ {view.name}", (view,))
        self._line("all views", VIEWS)
        self._voted()

    def _voted(self) -> None:
        """Print the share of true pairs among the candidates of the default effort, without and with votes."""
        effort = EFFORTS["default"]
        found = self._found(VIEWS, effort.candidates)
        start = time.process_time()
        pictures = (pictures_of(self.sides.query, self.folder / "queries"), pictures_of(self.sides.reference))
        with with_voted(
            found,
            self.sides,
            pictures,
            VERIFIERS[0],
            effort.voted,
            engine=LocalEngine(1),
            progress=SILENT,
        ) as (voted, _):
            milliseconds = 1000 * (time.process_time() - start) / len(pictures[0])
        for label, pairs in (
            (f"{effort.candidates} closest", found),
            (f"+ up to {effort.voted} voted", voted),
        ):
            share = self._true(pairs).sum() / sum(map(len, self.true.values()))
            print(f"{label:24}{len(pairs) / len(pictures[0]):9.1f} candidates per query, {share:.3f}")
        print(f"{milliseconds:.0f} ms/query for the votes, features of all references included")

    def _line(self, label: str, views: tuple[View, ...]) -> None:
        found = self._found(views, max(AMONG))
        true, rank = self._true(found), _ranks(found.query)
        pairs = sum(map(len, self.true.values()))
        shares = "".join(f"{(true & (rank < among)).sum() / pairs:7.3f}" for among in AMONG)
        print(f"{label:24}{sum(self.milliseconds[view.name] for view in views):9.0f}{shares}")

    def _found(self, views: tuple[View, ...], count: int) -> ClosestPairs:
        return find_candidates(
            self.sides,
            max_results=None,
            per_query=count,
            views=[vectors for view in views for vectors in self.vectors[view.name]],
            engine=LocalEngine(),
            threads=None,
            memory=None,
            progress=SILENT,
        )

    def _true(self, found: ClosestPairs) -> np.ndarray:
        """Which pairs are true."""
        return np.array(
            [
                r in self.true.get(q, ())
                for q, r in zip(found.query.tolist(), found.reference.tolist(), strict=True)
            ]
        )


def _ranks(query: np.ndarray) -> np.ndarray:
    """The rank of each pair among those of its query, from 0; pairs come by ascending distance."""
    order = np.argsort(query, kind="stable")
    rank = np.empty(len(query), np.int64)
    rank[order] = np.arange(len(query)) - np.searchsorted(query[order], query[order])
    return rank


if __name__ == "__main__":
    main()
