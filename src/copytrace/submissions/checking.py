"""Checks a submission of either track, and reports all its faults at once."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Literal

from copytrace.errors import SubmissionError
from copytrace.records import Report
from copytrace.submissions.check_descriptor import check_descriptor, check_queries_only
from copytrace.submissions.check_matching import check_matching
from copytrace.submissions.frozen import read_frozen_digest
from copytrace.vectors.faults import Faults
from copytrace.vectors.input_file import is_hdf5, open_input

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

Track = Literal["matching", "descriptor"]

Content = Literal["hdf5", "text", "other"]

_CONTENT: dict[Track, Content] = {"matching": "text", "descriptor": "hdf5"}
_WANTED: dict[Track, str] = {
    "matching": "the matching track takes a CSV file",
    "descriptor": "the descriptor track takes an HDF5 file",
}
_FOUND: dict[Content, str] = {
    "hdf5": "HDF5",
    "text": "text, not HDF5",
    "other": "neither HDF5 nor UTF-8 text",
}
_HEAD_BYTES = 4096


def check_submission(
    path: Path,
    *,
    queries: Collection[str] | None = None,
    references: Collection[str] | None = None,
    track: Track | None = None,
    queries_only: bool = False,
    frozen: Path | None = None,
) -> Report:
    """Check a submission: does the challenge accept it, and if not, what must be corrected?

    Args:
        path: the file; its content decides its track, not its name.
        queries: all query IDs of the challenge; None: neither IDs nor the number of rows are checked.
        references: all reference IDs of the challenge; None: not checked.
        track: the expected track; None: either. `queries_only` implies the descriptor track.
        queries_only: whether a submission of phase 2 is expected, whose references are frozen.
        frozen: the descriptor set or submission with the frozen references; implies `queries_only`.

    Returns:
        A report with up to 20 faults; the submission is valid if there is none.

    Raises:
        SubmissionError: the file does not exist, or `frozen` is not sound.
    """
    frozen_references = None if frozen is None else read_frozen_digest(frozen)
    queries_only = queries_only or frozen is not None
    content = _content(path)
    wanted: Track | None = "descriptor" if queries_only else track
    judged: Track = wanted or ("matching" if content == "text" else "descriptor")
    faults = Faults(path)
    facts: dict[str, int | float | str] = {}
    try:
        if content != _CONTENT[judged]:
            faults.add(f"is {_FOUND[content]}; {_WANTED[wanted] if wanted else ', '.join(_WANTED.values())}.")
        elif judged == "matching":
            facts = check_matching(path, queries, references, faults)
        elif queries_only:
            facts = check_queries_only(path, queries, frozen_references, faults)
        else:
            facts = check_descriptor(path, queries, references, faults)
    except SubmissionError as error:
        faults.adopt(error)
    return Report(str(path), judged, faults.sentences(), facts)


def _content(path: Path) -> Content:
    """The type of a file's content: HDF5 has a signature, and a CSV file starts with a line of text."""
    if is_hdf5(path):
        return "hdf5"
    with open_input(path) as file:
        head = file.read(_HEAD_BYTES)
    first_line = head.partition(b"\n")[0]
    try:
        # The last character may be incomplete.
        codecs.getincrementaldecoder("utf-8")().decode(first_line)
    except UnicodeDecodeError:
        return "other"
    return "other" if b"\0" in first_line else "text"
