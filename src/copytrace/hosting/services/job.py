"""The job of a child process: plain values, with nothing of Django or of the database in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from copytrace.engines.limited import Limits


@dataclass(frozen=True)
class Job:
    """One file to check or to score.

    Attributes:
        stage: what is to be done.
        path: the file; `shown` is what its faults call it.
        track: `matching` or `descriptor`.
        query_ids, reference_ids: files with one ID per line.
        max_dims: of the track.
        frozen: the submission that holds the frozen references, where there is one.
        queries_only: whether the file leaves the references out.
        digest: whether to compute the digest of its references, since it may be nominated.
        truths: board and truth file; two boards with one file are scored once.
        bootstrap, threads: as `score` takes them.
    """

    stage: Literal["check", "score"]
    path: str
    shown: str
    track: Literal["matching", "descriptor"]
    query_ids: str
    reference_ids: str
    max_dims: int
    frozen: str | None
    queries_only: bool
    digest: bool
    truths: dict[str, str]
    bootstrap: int
    threads: int | None
    limits: Limits
