"""Opens what the user names as an input, with a sentence where that cannot be done."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from copytrace.errors import SubmissionError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO


def open_input(path: Path) -> BinaryIO:
    """Open an ordinary file for reading bytes.

    Pipes and devices are refused: they may never end, and a check reads parts of a file twice.

    Raises:
        SubmissionError: there is no such file, it is no ordinary file, or it may not be read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            kind = "a folder" if path.is_dir() else "no ordinary file"
            raise SubmissionError([f"{path}: is {kind}; a file is wanted. Give the path of the file itself."])
        return path.open("rb")
    except OSError as error:
        raise SubmissionError([f"{path}: {error.strerror}. Check the path and its permissions."]) from error
