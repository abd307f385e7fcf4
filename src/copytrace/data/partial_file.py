"""A large file during its download."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

    from obstore import GetResult

    from copytrace.data.manifest import Entry

_CHUNK_BYTES = 1 << 20


class PartialFile:
    """A large file during its download: its first bytes and their digest.

    It survives the process: the next run reads it once for its digest and continues after it, if the source's file is
    still the same (by its ETag, or its time if it has none).
    """

    def __init__(self, path: Path, entry: Entry) -> None:
        self.path = path
        self.modified = 0.0
        self.validator: dict[str, Any] = {}
        self._notes = path.with_name(path.name + ".json")
        self._identity = [entry.path, entry.bytes, entry.sha256]
        self._file: BinaryIO = path.open("a+b")
        self._hash = hashlib.sha256()
        self.length = 0
        self._resume(entry.bytes)

    def _resume(self, most: int) -> None:
        """Continue the download of an earlier run, if it was the same file."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            notes = json.loads(self._notes.read_text())
            if notes["file"] == self._identity and os.fstat(self._file.fileno()).st_size <= most:
                self.modified = float(notes["modified"])
                self.validator = _validator(notes["etag"], self.modified)
        if not self.validator:
            self.restart()
            return
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK_BYTES):
            self._hash.update(chunk)
            self.length += len(chunk)

    def begin(self, result: GetResult) -> None:
        """Record what distinguishes the source's file from a later one of the same name."""
        etag, self.modified = result.meta["e_tag"], result.meta["last_modified"].timestamp()
        self.validator = _validator(etag, self.modified)
        self._notes.write_text(json.dumps({"file": self._identity, "etag": etag, "modified": self.modified}))

    def append(self, chunks: list[bytes]) -> None:
        """Append the next bytes."""
        for chunk in chunks:
            self._hash.update(chunk)
            self._file.write(chunk)
            self.length += len(chunk)
        self._file.flush()

    def digest(self) -> str:
        """The SHA-256 of the bytes so far."""
        return self._hash.hexdigest()

    def restart(self) -> None:
        """Discard the bytes so far."""
        self._notes.unlink(missing_ok=True)
        self._file.truncate(0)
        self._hash = hashlib.sha256()
        self.length = 0
        self.validator = {}

    def close(self) -> None:
        """Close the file; it stays for a later run."""
        self._file.close()

    def forget(self) -> None:
        """Remove the record once the file is complete and has its final name."""
        self._notes.unlink(missing_ok=True)


def _validator(etag: str | None, modified: float) -> dict[str, Any]:
    """The conditions of a request for the rest of the same file.

    By the protocol, a weak ETag (W/...) never matches, so the time is used instead.
    """
    if etag and not etag.startswith("W/"):
        return {"if_match": etag}
    return {"if_unmodified_since": datetime.fromtimestamp(modified, UTC)}
