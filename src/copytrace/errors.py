"""Every error that copytrace raises on purpose, as one tree.

A message says what is wrong, where, what was found, what was expected and what to do. The class decides the exit
code of the command line, so scripts can tell the kinds apart.
::

    CopytraceError                 1   something failed
    ├── InputError                 2   the user's input cannot be used
    │   ├── LockedError                another process is writing the same output
    │   ├── ImageError                 an image cannot be decoded or is refused
    │   ├── SourceError                a folder, list or tar of images cannot be read, or its IDs collide
    │   ├── DescriptorError            an unknown model, or vectors that do not match
    │   ├── SearchError                arrays that cannot be searched
    │   ├── EvaluationError            predictions or a ground truth that cannot be scored
    │   ├── DataError                  a manifest or dataset description that cannot be used
    │   ├── EditError                  an unknown edit, or a parameter out of range
    │   └── SubmissionError            a challenge file with faults; carries all of them
    └── MissingDependencyError     3   an optional dependency or a service is not available
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence


class CopytraceError(Exception):
    """Root of the tree; raised for failures that the user's input did not cause."""

    exit_code: ClassVar[int] = 1


class InputError(CopytraceError):
    """The user's input cannot be used."""

    exit_code: ClassVar[int] = 2


class LockedError(InputError):
    """Another process is writing the same output."""


class ImageError(InputError):
    """An image cannot be decoded or is refused.

    Attributes:
        name: the image, as the user would name it.
        reason: why, in a few words.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason

    def __reduce__(self) -> tuple[type[ImageError], tuple[str, str]]:
        return (type(self), (self.name, self.reason))


class StrictError(ImageError):
    """An image cannot be used, and the user asked to stop at the first of these."""

    exit_code: ClassVar[int] = 1


class SourceError(InputError):
    """A folder, list or tar file of images cannot be read, or its IDs collide."""


class DescriptorError(InputError):
    """An unknown descriptor, or vectors that do not match."""


class SearchError(InputError):
    """Arrays that cannot be searched: mismatched shapes, dimensions or values."""


class EvaluationError(InputError):
    """Predictions or a ground truth that cannot be scored."""


class DataError(InputError):
    """A manifest or dataset description that cannot be used, or a path that holds neither."""


class EditError(InputError):
    """An unknown edit, or a parameter out of range."""


class SubmissionError(InputError):
    """A challenge file (submission, ground truth, ID list, descriptor set) that cannot be used.

    Attributes:
        faults: every fault in the order found, each a full sentence that names its place.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)

    def __reduce__(self) -> tuple[type[SubmissionError], tuple[tuple[str, ...]]]:
        return (type(self), (self.faults,))


class MissingDependencyError(CopytraceError):
    """An optional dependency is not installed, or a service is not available; the message says how to get it."""

    exit_code: ClassVar[int] = 3


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def printable(text: str) -> str:
    r"""Escape control characters in text from a file or a name, since they could command a terminal.

    >>> printable("a\x1b[2J.jpg")
    'a\\x1b[2J.jpg'
    """
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)
