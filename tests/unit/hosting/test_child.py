"""Messages from the process that scores an uploaded file to its worker."""

from __future__ import annotations

import base64
import multiprocessing
from typing import TYPE_CHECKING

import numpy as np
import pytest

from copytrace.engines.limited import Limits
from copytrace.hosting.services.job import Job
from copytrace.hosting.worker import child
from hosting_world import QUERIES, REFERENCES, TRUE, matches_csv

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def job(tmp_path: Path) -> Job:
    def written(name: str, lines: list[str]) -> str:
        (tmp_path / name).write_text("\n".join(lines) + "\n")
        return str(tmp_path / name)

    rows = [f"{query},{TRUE.get(query, '')}" for query in QUERIES]
    truth = written("truth.csv", ["query_id,reference_id", *rows])
    (tmp_path / "team.csv").write_bytes(matches_csv(5))
    return Job(
        stage="score",
        path=str(tmp_path / "team.csv"),
        shown="team.csv",
        track="matching",
        query_ids=written("queries.txt", QUERIES),
        reference_ids=written("references.txt", REFERENCES),
        max_dims=8,
        frozen=None,
        queries_only=False,
        digest=False,
        truths={"public": truth, "private": truth},
        bootstrap=40,
        threads=1,
        limits=Limits(1 << 30, 64),
    )


def test_the_interval_is_that_of_the_replicates_that_are_kept(job):
    found = child._score(job, multiprocessing.Pipe()[1])
    values = np.frombuffer(base64.b64decode(found["replicates"]["public"]), "<f4")
    assert len(values) == 40
    assert found["measures"]["public"]["interval"] == pytest.approx(np.percentile(values, (2.5, 97.5)))
    assert found["replicates"]["private"] == found["replicates"]["public"]
