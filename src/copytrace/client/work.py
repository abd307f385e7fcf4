"""The host for workers on other machines: claims runs, fetches their files, reports results."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

import copytrace
from copytrace.client.bucket import get_piece
from copytrace.client.host import API, HostProblem, HostUnreachable
from copytrace.client.upload import PAUSES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from copytrace.client.host import Host

PIECE = 8 << 20
"""Bytes per request."""

_MISSING = 404
_TOO_MANY = 429
_SERVER_ERROR = 500


class Fetched(Protocol):
    """A file to fetch."""

    @property
    def name(self) -> str:
        """Its name on the host."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def version(self) -> str:
        """Its ETag, if it is in a bucket."""


class WorkHost:
    """A host that workers claim runs from.

    Args:
        host: a host, with a token of the scope `work`.
    """

    def __init__(self, host: Host) -> None:
        self._host = host

    def claim(self, worker: str) -> dict[str, Any] | None:
        """Claim the next run; None if nothing is waiting.

        Raises:
            HostProblem: the host refuses this worker.
            HostUnreachable: it does not respond.
        """
        body = {"worker": worker, "version": copytrace.__version__}
        found: dict[str, Any] | None = self._ask("claims", body=body)["run"]
        return found

    def tell(self, run: int, act: str, body: Mapping[str, object]) -> bool:
        """Send a message about a run; returns whether the worker still holds it.

        Args:
            run: its number.
            act: `heartbeats`, `outcome` or `return`.
            body: the message, with the run's token.

        Raises:
            HostProblem: the host refuses the message.
            HostUnreachable: it does not respond.
        """
        try:
            return bool(self._ask("runs", run, act, body=body)["held"])
        except HostProblem as problem:
            if problem.status == _MISSING:
                return False
            raise

    def fetch(self, run: int, token: str, file: Fetched, target: Path) -> None:
        """Fetch a file of a run in pieces, from the host or from its bucket; resumes a partial `target`.

        Retries a broken connection or a damaged piece for two minutes.

        Args:
            run: the run's number.
            token: the run's token.
            file: what to fetch.
            target: the file to write.

        Raises:
            HostProblem: the worker no longer holds the run, or the file was replaced meanwhile.
            HostUnreachable: the host does not respond, or its data arrives damaged.
        """
        path = f"{API}/work/runs/{run}/files?name={quote(file.name, safe='')}"
        with target.open("ab") as arrived:
            while (first := arrived.tell()) < file.size:
                last = min(first + PIECE, file.size) - 1
                headers = {"X-Run-Token": token, "Range": f"bytes={first}-{last}"}
                arrived.write(self._piece(path, headers, file.version))

    def _piece(self, path: str, headers: Mapping[str, str], version: str) -> bytes:
        for pause in (*PAUSES, None):
            try:
                return self._try_piece(path, headers, version)
            except (HostProblem, HostUnreachable) as problem:
                if pause is None or (isinstance(problem, HostProblem) and not _is_outage(problem)):
                    raise
                time.sleep(pause)
        raise AssertionError  # pragma: no cover - the last attempt returns or raises

    def _try_piece(self, path: str, headers: Mapping[str, str], version: str) -> bytes:
        _, answered, piece = self._host.request("GET", path, headers=headers, may_redirect=True)
        if "location" in answered:
            # Each piece has a new address, given only to the holder of the run.
            return get_piece(answered["location"], headers["Range"], version)
        digest = base64.b64encode(hashlib.sha256(piece).digest()).decode()
        if not piece or answered.get("content-digest") != f"sha-256=:{digest}:":
            raise HostUnreachable(f"{self._host.address}: a piece of a file arrived damaged.")
        return piece

    def _ask(self, *path: object, body: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        try:
            return self._host.post("work", *path, body=body)
        except HostProblem as problem:
            if _is_outage(problem):
                raise HostUnreachable(f"{self._host.address}: {problem}") from problem
            raise


def _is_outage(problem: HostProblem) -> bool:
    """Whether the same request may succeed later."""
    return problem.status >= _SERVER_ERROR or problem.status == _TOO_MANY
