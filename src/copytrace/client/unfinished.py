"""Uploads that broke off: the same command goes on with them, as long as the file and the host are the same."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from copytrace.client.host import HostProblem
from copytrace.client.remembered import settings_file
from copytrace.client.upload import begin_upload, stored

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.client.host import Host

_GONE = {404, 410}


def resume_or_begin(host: Host, path: Path, purpose: str) -> str:
    """The upload of a file that broke off before, or a new one; returns its ID.

    Args:
        host: where to.
        path: the file; one that was changed since is another.
        purpose: what it is sent for, so that two uses of one file do not share an upload.

    Raises:
        HostProblem: the host does not take it.
    """
    note = _note(host, path, purpose)
    if note.is_file():
        upload = note.read_text(encoding="utf-8").strip()
        try:
            stored(host, upload)
        except HostProblem as problem:
            # It has expired, or was thrown away.
            if problem.status not in _GONE:
                raise
        else:
            return upload
    upload = begin_upload(host, path)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(upload, encoding="utf-8")
    return upload


def forget(host: Host, path: Path, purpose: str) -> None:
    """The upload has served its purpose: the same file sent again is a new one."""
    _note(host, path, purpose).unlink(missing_ok=True)


def _note(host: Host, path: Path, purpose: str) -> Path:
    about = path.stat()
    key = "\n".join((host.address, str(path.resolve()), str(about.st_size), str(about.st_mtime_ns), purpose))
    return settings_file().parent / "uploads" / hashlib.sha256(key.encode()).hexdigest()[:32]
