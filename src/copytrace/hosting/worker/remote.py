"""Runs from a host on another machine, which is asked by its API: neither its database nor its folder is here."""

from __future__ import annotations

import hashlib
import os
import platform
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from copytrace.engines.limited import Limits
from copytrace.errors import InputError
from copytrace.hosting.services.job import Job

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KEPT = 16 << 30
"""Bytes of fetched files that are kept for later runs, the latest used."""


LONGEST_PROBLEM = 500
"""Characters that the host takes."""


class Api(Protocol):
    """What is asked of the host; see `copytrace.client.WorkHost`."""

    def claim(self, worker: str) -> dict[str, Any] | None:
        """The next run, if there is one."""

    def tell(self, run: int, act: str, body: Mapping[str, object]) -> bool:
        """Tell something of a run; whether it is still this worker's."""

    def fetch(self, run: int, token: str, file: Mapping[str, Any], target: Path) -> None:
        """Fetch a file of a run."""


class Remote:
    """A host; see `Source`.

    Args:
        api: asks it.
        folder: for the files of runs.
        away: what is raised while it does not answer.
    """

    poll_seconds = 1.0

    def __init__(self, api: Api, folder: Path, *, away: tuple[type[Exception], ...]) -> None:
        self.away = away
        # The host says how often it wants to hear of a run, with the run.
        self.heartbeat_seconds = self.poll_seconds
        self.child_seconds = float("inf")
        self._api = api
        self._folder = folder
        # One file at a time, so that two runs never fetch the same one at once.
        self._fetching = ThreadPoolExecutor(1)

    def claim(self, worker: str) -> RemoteRun | None:
        """The next run, if there is one; its files are fetched beside the leases."""
        about = self._api.claim(worker)
        if about is None:
            return None
        self.heartbeat_seconds, self.child_seconds = about["heartbeat_seconds"], about["child_seconds"]
        return RemoteRun(self._api, about, self._fetching.submit(self._prepare, about))

    def keep_house(self) -> None:
        """Delete the files whose last use is longest ago."""
        files: list[tuple[float, int, Path]] = []
        for file in self._folder.iterdir():
            # One that is being fetched may get its name just now.
            with suppress(FileNotFoundError):
                about = file.stat()
                files.append((about.st_mtime, about.st_size, file))
        used = 0
        for _, size, file in sorted(files, reverse=True):
            used += size
            if used > KEPT:
                file.unlink(missing_ok=True)

    def reconnect(self) -> None:
        """Nothing: every request stands alone."""

    def _prepare(self, about: Mapping[str, Any]) -> Job:
        places: dict[str | None, str | None] = {None: None}
        for file in about["files"]:
            # A stored file never changes: challenges' files are named after their content.
            place = self._folder / hashlib.sha256(file["name"].encode()).hexdigest()
            if not place.exists():
                partial = place.with_suffix(".part")
                self._api.fetch(about["id"], about["token"], file, partial)
                partial.replace(place)
            os.utime(place)
            places[file["name"]] = str(place)
        job = dict(about["job"])
        for name in ("path", "query_ids", "reference_ids", "frozen"):
            job[name] = places[job[name]]
        truths = {board: places[name] for board, name in job["truths"].items()}
        return Job(**job | {"truths": truths, "limits": Limits(**job["limits"])})


class RemoteRun:
    """A run of the host; see `Claim`."""

    def __init__(self, api: Api, about: Mapping[str, Any], job: Future[Job]) -> None:
        self._api = api
        self._about = about
        self.attempt: int = about["attempt"]
        self.job = job

    def __str__(self) -> str:
        return f"run {self._about['id']} of the host: {self._about['job']['stage']}"

    def heartbeat(self, share_done: float, seconds_left: float | None) -> bool:
        """Renew the lease and tell how far the work is."""
        return self._tell("heartbeats", {"share_done": share_done, "seconds_left": seconds_left})

    def settle(self, outcome: dict[str, Any], seconds: float) -> bool:
        """Hand in what came of it."""
        about = {
            "truth_version": self._about["truth_version"],
            "seconds": seconds,
            "machine": f"{platform.node()} {platform.machine()} {platform.system()}"[:150],
        }
        try:
            return self._tell("outcome", _shortened(outcome) | about)
        except InputError as error:
            # A hostile child may have sent anything.
            problem = {"problem": f"the host does not take the result: {error}"}
            return self._tell("outcome", _shortened(problem) | about)

    def give_back(self, problem: str) -> bool:
        """Let another worker have it; the attempt does not count."""
        return self._tell("return", _shortened({"problem": problem}))

    def _tell(self, act: str, body: Mapping[str, object]) -> bool:
        return self._api.tell(self._about["id"], act, {**body, "token": self._about["token"]})


def _shortened(outcome: dict[str, Any]) -> dict[str, Any]:
    """The same, with a problem that is no longer than the host takes."""
    return {"problem": str(outcome["problem"])[:LONGEST_PROBLEM]} if "problem" in outcome else outcome
