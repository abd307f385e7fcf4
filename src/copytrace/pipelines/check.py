"""Check a submission against the IDs of a challenge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from copytrace.submissions import check_submission, read_id_list

if TYPE_CHECKING:
    from collections.abc import Collection

    from copytrace.records import Report


def check(
    submission: Path | str,
    *,
    queries: Path | str | Collection[str] | None = None,
    references: Path | str | Collection[str] | None = None,
    queries_only: bool = False,
    frozen: Path | str | None = None,
) -> Report:
    """Check a submission of either track; its content says which it is.

    Args:
        submission: a CSV file (matching track) or an HDF5 file (descriptor track).
        queries: the challenge's query IDs, or a file with one per line; None: neither IDs nor the number of rows are
            checked.
        references: likewise for the references.
        queries_only: expect a submission of phase 2, whose references are frozen.
        frozen: the descriptor set or submission with the frozen references; implies `queries_only`.

    Returns:
        A report, with up to 20 faults; `report.valid` is true if there are none.

    Raises:
        SubmissionError: a file is missing, or a list of IDs or `frozen` is not sound.
    """
    return check_submission(
        Path(submission),
        queries=_ids(queries),
        references=_ids(references),
        queries_only=queries_only,
        frozen=None if frozen is None else Path(frozen),
    )


def _ids(ids: Path | str | Collection[str] | None) -> Collection[str] | None:
    return read_id_list(Path(ids)) if isinstance(ids, Path | str) else ids
