"""Writes a column of texts of fixed width, in whatever pieces they arrive."""

from __future__ import annotations

import tempfile
from itertools import islice
from typing import TYPE_CHECKING

import h5py
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

_ROWS_AT_ONCE = 65_536
_MOST_PADDING = 8
"""Bytes in the file per byte of text; a few long texts among many short ones are stored unpadded."""


class TextColumn:
    """Keeps texts in a temporary file until all are known, since a dataset's width cannot grow.

    Args:
        folder: folder of the temporary file.
    """

    def __init__(self, folder: Path) -> None:
        self._kept = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by __exit__
        self._count = 0
        self._bytes = 0
        self._longest = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._kept.close()

    def append(self, texts: Sequence[str]) -> None:
        """Add texts without NUL."""
        for text in texts:
            encoded = text.encode()
            self._kept.write(len(encoded).to_bytes(4) + encoded)
            self._bytes += len(encoded)
            self._longest = max(self._longest, len(encoded))
        self._count += len(texts)

    def write(self, file: h5py.File, name: str) -> None:
        """Write all texts as a dataset: of fixed width, or of variable length if most of it would be padding."""
        fixed = self._longest * self._count <= _MOST_PADDING * self._bytes
        kind = h5py.string_dtype("utf-8", self._longest if fixed else None)
        dataset = file.create_dataset(name, (self._count,), kind)
        texts = self._texts()
        for start in range(0, self._count, _ROWS_AT_ONCE):
            block = list(islice(texts, _ROWS_AT_ONCE))
            dataset[start : start + len(block)] = np.array(block, kind)

    def _texts(self) -> Iterator[bytes]:
        self._kept.seek(0)
        while size := self._kept.read(4):
            yield self._kept.read(int.from_bytes(size))
