"""Runs of a site on another machine, claimed through its API, without its database or folder."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

from copytrace.engines.limited import Limits
from copytrace.errors import InputError
from copytrace.hosting.services.job import Job, JobFile
from copytrace.hosting.worker.cache import Cache
from copytrace.hosting.worker.claim import this_machine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LONGEST_PROBLEM = 500
"""Maximum number of characters the host accepts."""


class Api(Protocol):
    """The host's API; see `copytrace.client.WorkHost`."""

    def claim(self, worker: str) -> dict[str, Any] | None:
        """Claim the next run."""

    def tell(self, run: int, act: str, body: Mapping[str, object]) -> bool:
        """Send a message about a run; returns whether the worker still holds it."""

    def fetch(self, run: int, token: str, file: JobFile, target: Path) -> None:
        """Fetch a file of a run."""


class Remote:
    """A host; see `Source`.

    Args:
        api: the host's API.
        folder: for the files of runs.
        away: exceptions raised while the host does not respond.
    """

    poll_seconds = 1.0

    def __init__(self, api: Api, folder: Path, *, away: tuple[type[Exception], ...]) -> None:
        self.away = away
        # The host sends both values with each run.
        self.heartbeat_seconds = self.poll_seconds
        self.child_seconds = float("inf")
        self._api = api
        self._cache = Cache(folder)
        # One thread, so two runs never fetch the same file at once.
        self._fetching = ThreadPoolExecutor(1)

    def claim(self, worker: str) -> RemoteRun | None:
        """Claim the next run, and fetch its files in the background."""
        about = self._api.claim(worker)
        if about is None:
            return None
        self.heartbeat_seconds, self.child_seconds = about["heartbeat_seconds"], about["child_seconds"]
        return RemoteRun(self._api, about, self._fetching.submit(self._prepare, about))

    def keep_house(self) -> None:
        """Delete the least recently used files."""
        self._cache.trim()

    def reconnect(self) -> None:
        """Do nothing: each request opens its own connection."""

    def _prepare(self, about: Mapping[str, Any]) -> Job:
        def fetch(file: JobFile, target: Path) -> None:
            self._api.fetch(about["id"], about["token"], file, target)

        files = [JobFile(**file) for file in about["files"]]
        places = {file.name: self._cache.locate(file, fetch) for file in files}
        return Job(**about["job"] | {"limits": Limits(**about["job"]["limits"])}).located(places)


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
        """Renew the lease and report progress."""
        return self._tell("heartbeats", {"share_done": share_done, "seconds_left": seconds_left})

    def settle(self, outcome: dict[str, Any], seconds: float) -> bool:
        """Report the result."""
        about = {
            "truth_version": self._about["truth_version"],
            "seconds": seconds,
            "machine": this_machine(),
        }
        try:
            return self._tell("outcome", _shortened(outcome) | about)
        except InputError as error:
            # A hostile child may have sent anything.
            problem = {"problem": f"the host refused the result: {error}"}
            return self._tell("outcome", _shortened(problem) | about)

    def give_back(self, problem: str) -> bool:
        """Return the run to the queue. The attempt does not count."""
        return self._tell("return", _shortened({"problem": problem}))

    def _tell(self, act: str, body: Mapping[str, object]) -> bool:
        return self._api.tell(self._about["id"], act, {**body, "token": self._about["token"]})


def _shortened(outcome: dict[str, Any]) -> dict[str, Any]:
    """The outcome, with its problem shortened to what the host accepts."""
    return {"problem": str(outcome["problem"])[:LONGEST_PROBLEM]} if "problem" in outcome else outcome
