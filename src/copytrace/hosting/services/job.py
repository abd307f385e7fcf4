"""The job of a child process: plain values, independent of Django and the database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from copytrace.engines.limited import Limits


@dataclass(frozen=True)
class JobFile:
    """A file that a job reads.

    Attributes:
        name: name of the stored file.
        size: number of bytes.
        version: version of the stored file; see `storage.Stored`.
        sha256: the recorded digest, or its first digits; empty before the check.
    """

    name: str
    size: int
    version: str
    sha256: str


@dataclass(frozen=True)
class Job:
    """One file to check or to score. Its files are stored names, or paths once they are `located`.

    Attributes:
        stage: what to do.
        path: the file; `shown` is its name in messages.
        track: `matching` or `descriptor`.
        query_ids, reference_ids: files with one ID per line.
        max_dims: the track's limit.
        frozen: the submission that holds the frozen references, if there is one.
        queries_only: whether the file contains no references.
        digest: whether to compute the digest of its references, because it may be nominated.
        truths: truth file of each board; two boards with the same file are scored once.
        bootstrap, threads: see `score`.
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

    @property
    def files(self) -> list[str]:
        """The files that the job reads, without duplicates."""
        names = [self.path, self.query_ids, self.reference_ids, self.frozen, *self.truths.values()]
        return list(dict.fromkeys(name for name in names if name))

    def located(self, places: Mapping[str, Path]) -> Job:
        """The same job with the paths of its files."""
        return replace(
            self,
            path=str(places[self.path]),
            query_ids=str(places[self.query_ids]),
            reference_ids=str(places[self.reference_ids]),
            frozen=str(places[self.frozen]) if self.frozen else None,
            truths={board: str(places[name]) for board, name in self.truths.items()},
        )
