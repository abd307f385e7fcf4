"""The journal of actions on copies: one line of JSON per step, on disk before the step is taken."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from copytrace.deduplication.steps import STEPS, Step
from copytrace.errors import InputError
from copytrace.files import check_output, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADER = {"journal": "copytrace duplicates", "version": 1}


class Journal:
    """An open journal.

    Args:
        file: the journal's file.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file

    @classmethod
    @contextmanager
    def begun(cls, path: Path) -> Iterator[Journal]:
        """Start a journal.

        Raises:
            InputError: the path exists, or cannot be written.
        """
        check_output(path)
        with path.open("x", encoding="utf-8") as file:
            journal = cls(file)
            journal._append(HEADER)
            sync_folder(path.parent)
            yield journal

    def write(self, step: Step) -> None:
        """Record a step; it may be taken once this returns."""
        self._append(step.to_dict())

    def _append(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    @staticmethod
    def read(path: Path) -> list[Step]:
        """The steps of a journal, in the order they were taken; an incomplete line is ignored.

        Raises:
            InputError: the file is not a journal.
        """
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
            header, *entries = (json.loads(line) for line in _whole(lines))
            if header != HEADER:
                raise InputError(f"{path}: is not a journal of this version of copytrace duplicates.")
            return [STEPS[entry.pop("step")].from_dict(entry) for entry in entries]
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}.") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"{path}: is not a journal of `copytrace duplicates`, or is damaged ({error})."
            ) from error


def _whole(lines: list[str]) -> list[str]:
    """All lines except an unfinished last one of a killed process: its step was not taken."""
    try:
        json.loads(lines[-1]) if lines else None
    except ValueError:
        return lines[:-1]
    return lines
