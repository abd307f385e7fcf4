"""Uploads a file in pieces, to the host (tus 1.0) or to its bucket, and resumes interrupted uploads."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from copytrace.client.bucket import put_part
from copytrace.client.host import API, HostProblem, HostUnreachable
from copytrace.client.remembered import settings_file
from copytrace.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from copytrace.client.host import Host
    from copytrace.progress import Bar, Progress

T = TypeVar("T")

PIECE = 8 << 20
"""Bytes per piece, which the host checks as a unit."""

PAUSES = (0.5, 1, 2, 4, 8, 16, 30, 60)
"""Seconds between attempts to reach a host that does not respond."""

_TUS = {"Tus-Resumable": "1.0.0"}
_TRY_AGAIN = {409, 423, 460, 500, 502, 503, 504}
# 409: wrong offset; 423: the broken request still holds the upload; 460: damaged in transit.
_GONE = {404, 410}


def begin_upload(host: Host, path: Path) -> str:
    """Announce a file; returns the upload's ID.

    Raises:
        HostProblem: the host does not accept it.
    """
    name = base64.b64encode(path.name.encode()).decode()
    headers = {**_TUS, "Upload-Length": str(path.stat().st_size), "Upload-Metadata": f"filename {name}"}
    _, answered, _ = host.request("POST", f"{API}/uploads", headers=headers)
    return answered["location"].rstrip("/").rsplit("/", 1)[-1]


def resume_or_begin(host: Host, path: Path, purpose: str) -> str:
    """Resume an interrupted upload of a file, or begin a new one; returns its ID.

    Args:
        host: the host.
        path: the file; a changed file needs a new upload.
        purpose: what it is for, so that two uses of the same file do not share an upload.

    Raises:
        HostProblem: the host does not accept it.
    """
    note = _note(host, path, purpose)
    if note.is_file():
        upload = note.read_text(encoding="utf-8").strip()
        try:
            stored(host, upload)
        except HostProblem as problem:
            # It has expired or was deleted.
            if problem.status not in _GONE:
                raise
        else:
            return upload
    upload = begin_upload(host, path)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(upload, encoding="utf-8")
    return upload


def forget(host: Host, path: Path, purpose: str) -> None:
    """Forget a used upload: sending the same file again begins a new one."""
    _note(host, path, purpose).unlink(missing_ok=True)


def _note(host: Host, path: Path, purpose: str) -> Path:
    about = path.stat()
    key = "\n".join((host.address, str(path.resolve()), str(about.st_size), str(about.st_mtime_ns), purpose))
    return settings_file().parent / "uploads" / hashlib.sha256(key.encode()).hexdigest()[:32]


def send(host: Host, path: Path, upload: str, *, progress: Progress = SILENT) -> None:
    """Send what the host does not have yet of a file. Retries a broken connection for two minutes.

    Raises:
        HostProblem: the host refuses the file.
        HostUnreachable: it stopped responding; the same call resumes later.
    """
    size = path.stat().st_size
    with path.open("rb") as file, progress.task(f"upload {path.name}", size, "bytes") as bar:
        about = _patiently(partial(_about, host, upload))
        offset = int(about["upload-offset"])
        bar.advance(offset, earlier=True)
        if parts := about.get("upload-parts"):
            _send_parts(host, file, parts, bar)
            return
        while offset < size:
            file.seek(offset)
            send_piece = partial(_send_piece, host, upload, file.read(PIECE), offset)
            # How much of the piece arrived is unknown: the next attempt asks.
            arrived = _patiently(send_piece, partial(stored, host, upload))
            _advance(bar, arrived - offset)
            offset = arrived


def _send_parts(host: Host, file: BinaryIO, parts: str, bar: Bar) -> None:
    """Send the parts that the host's bucket lacks, until none is missing."""
    while size := _patiently(partial(_send_next_part, host, file, parts)):
        bar.advance(size)


def _send_next_part(host: Host, file: BinaryIO, parts: str) -> int:
    """Ask for the next missing part and send it; returns its size, or 0 once the host has finished the upload."""
    _, _, content = host.request("POST", parts)
    part = json.loads(content)["next"]
    if part is None:
        return 0
    file.seek(part["offset"])
    put_part(part["url"], file.read(part["size"]))
    return int(part["size"])


def _advance(bar: Bar, count: int) -> None:
    # After a damaged piece, the host may have less than expected.
    if count > 0:
        bar.advance(count)


def _patiently(act: Callable[[], T], again: Callable[[], T] | None = None) -> T:
    """Do something that the network may interrupt; retries call `again`, if given."""
    for pause in (*PAUSES, None):
        try:
            return act()
        except (HostProblem, HostUnreachable) as problem:
            if pause is None or (isinstance(problem, HostProblem) and problem.status not in _TRY_AGAIN):
                raise
            time.sleep(pause)
            act = again or act
    raise AssertionError  # pragma: no cover - the last attempt returns or raises


def stored(host: Host, upload: str) -> int:
    """Bytes of an upload that the host has.

    Raises:
        HostProblem: the host does not know the upload.
    """
    return int(_about(host, upload)["upload-offset"])


def _about(host: Host, upload: str) -> Mapping[str, str]:
    _, answered, _ = host.request("HEAD", f"{API}/uploads/{upload}", headers=_TUS)
    return answered


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
