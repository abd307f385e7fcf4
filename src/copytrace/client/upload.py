"""Uploads a file in pieces, and resumes what was interrupted (tus 1.0)."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import TYPE_CHECKING

from copytrace.client.host import API, HostProblem, HostUnreachable
from copytrace.client.remembered import settings_file
from copytrace.progress import SILENT

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.client.host import Host
    from copytrace.progress import Bar, Progress

PIECE = 8 << 20
"""Bytes that are sent, and checked by the host, at once."""

PAUSES = (0.5, 1, 2, 4, 8, 16, 30, 60)
"""Seconds between the attempts to reach a host that does not answer."""

_TUS = {"Tus-Resumable": "1.0.0"}
_TRY_AGAIN = {409, 423, 460, 500, 502, 503, 504}
# 409: the offset is another than thought; 423: the broken request still holds the upload; 460: damaged on its way.
_GONE = {404, 410}


def begin_upload(host: Host, path: Path) -> str:
    """Announce a file; returns the upload's ID.

    Raises:
        HostProblem: the host does not take it.
    """
    name = base64.b64encode(path.name.encode()).decode()
    headers = {**_TUS, "Upload-Length": str(path.stat().st_size), "Upload-Metadata": f"filename {name}"}
    _, answered, _ = host.request("POST", f"{API}/uploads", headers=headers)
    return answered["location"].rstrip("/").rsplit("/", 1)[-1]


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


def send(host: Host, path: Path, upload: str, *, progress: Progress = SILENT) -> None:
    """Send what the host does not have yet of a file. A connection that breaks is tried again for two minutes.

    Raises:
        HostProblem: the host refuses the file.
        HostUnreachable: it stopped responding; the same call resumes later.
    """
    size = path.stat().st_size
    with path.open("rb") as file, progress.task(f"uploading {path.name}", size, "bytes") as bar:
        offset = _patiently(host, upload, None, 0)
        bar.advance(offset, earlier=True)
        while offset < size:
            file.seek(offset)
            arrived = _patiently(host, upload, file.read(PIECE), offset)
            _advance(bar, arrived - offset)
            offset = arrived


def _advance(bar: Bar, count: int) -> None:
    # The host may have less than was thought, after a piece that was damaged.
    if count > 0:
        bar.advance(count)


def _patiently(host: Host, upload: str, piece: bytes | None, offset: int) -> int:
    """Send a piece, or ask how much is there; returns how much is there."""
    for pause in (*PAUSES, None):
        try:
            if piece is not None:
                return _send_piece(host, upload, piece, offset)
            return stored(host, upload)
        except (HostProblem, HostUnreachable) as problem:
            if pause is None or (isinstance(problem, HostProblem) and problem.status not in _TRY_AGAIN):
                raise
            time.sleep(pause)
            # What did arrive is not known: the next attempt asks.
            piece = None
    raise AssertionError  # pragma: no cover - the last attempt returns or raises


def stored(host: Host, upload: str) -> int:
    """Bytes of an upload that the host has.

    Raises:
        HostProblem: it knows no such upload.
    """
    _, answered, _ = host.request("HEAD", f"{API}/uploads/{upload}", headers=_TUS)
    return int(answered["upload-offset"])


def _send_piece(host: Host, upload: str, piece: bytes, offset: int) -> int:
    digest = base64.b64encode(hashlib.sha256(piece).digest()).decode()
    headers = {
        **_TUS,
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": str(offset),
        "Upload-Checksum": f"sha256 {digest}",
    }
    _, answered, _ = host.request("PATCH", f"{API}/uploads/{upload}", body=piece, headers=headers)
    return int(answered["upload-offset"])
