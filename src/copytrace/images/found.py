"""Collects the images of a source while it is searched."""

from __future__ import annotations

from array import array
from collections import Counter

import numpy as np
import pyarrow as pa

from copytrace.images.file import name_of
from copytrace.images.formats import EXTENSIONS, UNREAD_EXTENSIONS, ending_of
from copytrace.records import Failure, IndexArray

_BATCH = 1 << 16


class Found:
    """The images found in a source, in any order, packed in batches so that a million need little memory.

    Attributes:
        root: the folder that paths start from, or the tar file.
        tar: whether the images are members of a tar file.
        failures: what could not be used, with the reason.
    """

    def __init__(self, root: str, *, tar: bool = False) -> None:
        self.root = root
        self.tar = tar
        self.failures: list[Failure] = []
        self._unread: Counter[str] = Counter()
        self._batch: list[str] = []
        self._packed: list[pa.LargeStringArray] = []
        self._places = array("q")

    def __len__(self) -> int:
        return len(self._places) // 2

    def offer(self, relative: str, offset: int = 0, size: int = 0) -> None:
        """Take a file if its ending is that of an image."""
        ending = ending_of(relative)
        if ending in EXTENSIONS:
            self.add(relative, offset, size)
        elif ending in UNREAD_EXTENSIONS:
            self._unread[ending] += 1

    def add(self, relative: str, offset: int = 0, size: int = 0) -> None:
        """Take a file whatever its ending; `offset` and `size` tell where in a tar file it lies."""
        if reason := _why_no_id(relative):
            self.fail(relative, reason)
            return
        self._batch.append(relative)
        self._places.extend((offset, size))
        if len(self._batch) == _BATCH:
            self._pack()

    def fail(self, relative: str, reason: str) -> None:
        """Report a file or a folder that cannot be used; an empty path is the root itself."""
        self.failures.append(Failure(name_of(self.root, relative, tar=self.tar), reason))

    def relatives(self) -> pa.LargeStringArray:
        """The paths within the source, (n,)."""
        self._pack()
        return pa.concat_arrays(self._packed)

    def places(self) -> IndexArray:
        """The offset and the size of each, (n, 2)."""
        return np.frombuffer(self._places, dtype=np.int64).reshape(-1, 2)

    def notices(self, source: str) -> tuple[str, ...]:
        """What a person should know of the pictures that were left out for their format."""
        if not self._unread:
            return ()
        kinds = ", ".join(f"{count:,} {ending}" for ending, count in sorted(self._unread.items()))
        notice = f"{source}: pictures in formats that are not read were left out ({kinds})."
        return (f"{notice} Convert them to JPEG or PNG to include them.",)

    def _pack(self) -> None:
        self._packed.append(pa.array(self._batch, pa.large_string()))
        self._batch = []


def _why_no_id(relative: str) -> str | None:
    """Why the path cannot become an ID; None if it can."""
    if "\0" in relative:
        return "its name holds a zero byte"
    try:
        relative.encode()
    except UnicodeEncodeError:
        return "its name is not valid UTF-8, so no result could name it; rename it"
    return None
