"""What a worker asks of a host on another machine: runs, their files, and to take what came of them."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import copytrace
from copytrace.client.host import API, HostProblem, HostUnreachable
from copytrace.client.upload import PAUSES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from copytrace.client.host import Host

PIECE = 8 << 20
"""Bytes of a file that are asked for at once."""

_MISSING = 404
_TOO_MANY = 429
_SERVER_ERROR = 500


class WorkHost:
    """A host that gives out runs.

    Args:
        host: it, with a token for `work`.
    """

    def __init__(self, host: Host) -> None:
        self._host = host

    def claim(self, worker: str) -> dict[str, Any] | None:
        """The next run, if there is one.

        Raises:
            HostProblem: the host gives this worker no runs.
            HostUnreachable: it does not answer.
        """
        body = {"worker": worker, "version": copytrace.__version__}
        found: dict[str, Any] | None = self._ask("claims", body=body)["run"]
        return found

    def tell(self, run: int, act: str, body: Mapping[str, object]) -> bool:
        """Tell something of a run; whether it is still this worker's.

        Args:
            run: its number.
            act: `heartbeats`, `outcome` or `return`.
            body: what is told, with the run's token.

        Raises:
            HostProblem: the host refuses it.
            HostUnreachable: it does not answer.
        """
        try:
            return bool(self._ask("runs", run, act, body=body)["held"])
        except HostProblem as problem:
            if problem.status == _MISSING:
                return False
            raise

    def fetch(self, run: int, token: str, file: Mapping[str, Any], target: Path) -> None:
        """Fetch a file of a run in pieces; what `target` has of it is not fetched again.

        A connection that breaks is tried again for two minutes, as is a piece that arrives damaged.

        Args:
            run: the run's number.
            token: of the run.
            file: its `name` and `size`.
            target: where it goes.

        Raises:
            HostProblem: the run is no longer this worker's.
            HostUnreachable: the host does not answer, or what it sends arrives damaged.
        """
        path = f"{API}/work/runs/{run}/files?name={quote(file['name'], safe='')}"
        with target.open("ab") as arrived:
            while (first := arrived.tell()) < file["size"]:
                last = min(first + PIECE, file["size"]) - 1
                arrived.write(self._piece(path, {"X-Run-Token": token, "Range": f"bytes={first}-{last}"}))

    def _piece(self, path: str, headers: Mapping[str, str]) -> bytes:
        for pause in (*PAUSES, None):
            try:
                return self._try_piece(path, headers)
            except (HostProblem, HostUnreachable) as problem:
                if pause is None or (isinstance(problem, HostProblem) and not _is_outage(problem)):
                    raise
                time.sleep(pause)
        raise AssertionError  # pragma: no cover - the last attempt returns or raises

    def _try_piece(self, path: str, headers: Mapping[str, str]) -> bytes:
        _, answered, piece = self._host.request("GET", path, headers=headers)
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
    """Whether the same request may be granted later."""
    return problem.status >= _SERVER_ERROR or problem.status == _TOO_MANY
