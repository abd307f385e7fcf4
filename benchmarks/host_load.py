"""Measures a site's limits on this machine: uploads, leaderboards, memory during a 1.1 GB upload, a killed worker.

It is limited, and uses only the loopback address: 50 clients upload 2 files of 5 MB each; the leaderboard of 10,000
submissions is requested 200 times; one file of 1.1 GB is uploaded; the scoring worker is killed three times, under
production settings, with another worker waiting. Usage: python benchmarks/host_load.py
"""

from __future__ import annotations

import argparse
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from copytrace.client import Host, HostUnreachable, begin_upload, send
from copytrace.documents import to_yaml

QUERIES, REFERENCES = 10_000, 100
PASSWORD = "a long password 7"  # noqa: S105 - of accounts that live for one run


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--files", type=int, default=2, help="files of each client")
    parser.add_argument("--submissions", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=1_100_000_000, help="bytes of the large upload")
    parser.add_argument("--kills", type=int, default=3, help="workers that are killed")
    parser.add_argument("--database", default="", help="postgresql://... of an empty one; SQLite without it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="copytrace-load-") as folder:
        site = Site(Path(folder), options.database)
        try:
            kind = "PostgreSQL" if options.database else "SQLite"
            print(f"{platform.machine()}, {os.cpu_count()} cores, {kind}, one web process", flush=True)
            # First, so that the memory is only that of the upload.
            show(large(site, options.large))
            show(takeovers(site, options.kills))
            show(uploads(site, options.clients, options.files))
            show(board(site, options.submissions))
        finally:
            site.end()


def show(rows: list[tuple[str, str]]) -> None:
    """Print rows of the table as they are measured."""
    for name, value in rows:
        print(f"{name:60} {value}", flush=True)


class Site:
    """A web process with an open challenge."""

    def __init__(self, folder: Path, database: str, threads: int = 100) -> None:
        self.folder = folder
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.address = f"http://127.0.0.1:{self.port}"
        told = {
            "DATA": str(folder / "data"),
            "SECRET_KEY": "only-for-benchmarks-0123456789-abcdef",
            "NAMES": "127.0.0.1",
            "TLS": "no",
        }
        told |= {"REQUESTS_PER_MINUTE": "1000000", "LOGINS_PER_MINUTE": "1000000", "DATABASE": database}
        self.environment = os.environ | {f"COPYTRACE_HOST_{name}": value for name, value in told.items()}
        self._load()
        self.web = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "copytrace",
                "host",
                "web",
                "--port",
                str(self.port),
                "--threads",
                str(threads),
            ],
            env=self.environment,
            stderr=subprocess.DEVNULL,
        )
        while not self._answers():
            time.sleep(0.1)

    def player(self, name: str) -> Host:
        """An account with a team."""
        host = Host(self.address)
        host.post("accounts", body={"username": name, "email": f"{name}@example.org", "password": PASSWORD})
        token = host.post("tokens", body={"username": name, "password": PASSWORD})["token"]
        host = Host(self.address, token)
        host.post(
            "challenges",
            "load",
            "participation",
            body={"country": "DE", "of_age": True, "rules_version": "1"},
        )
        host.post("challenges", "load", "team", body={"name": name})
        return host

    def worker(self, log: Path) -> subprocess.Popen[bytes]:
        """A worker that has started, whose scoring takes minutes."""
        slow = self.environment | {"COPYTRACE_HOST_BOOTSTRAP": "1000000"}
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "copytrace", "host", "worker"],
                env=slow,
                stdout=subprocess.DEVNULL,
                stderr=file,
            )
        while b" begins with " not in log.read_bytes():
            time.sleep(0.05)
        return process

    def memory(self) -> int:
        """Bytes of memory that the web processes use themselves."""
        processes = [psutil.Process(self.web.pid), *psutil.Process(self.web.pid).children(recursive=True)]
        return sum(process.memory_full_info().uss for process in processes)

    def end(self) -> None:
        """Stop it."""
        self.web.terminate()
        self.web.wait()

    def _answers(self) -> bool:
        try:
            Host(self.address).get("challenges")
        except HostUnreachable:
            return False
        return True

    def _load(self) -> None:
        now = datetime.now(UTC).replace(microsecond=0)
        (self.folder / "truth.csv").write_text("query_id,reference_id\nQ00000,R000\n")
        phase: dict[str, Any] = {
            "name": "open",
            "title": "Open",
            "opens_at": now - timedelta(hours=1),
            "closes_at": now + timedelta(days=1),
            "queries": {"prefix": "Q", "digits": 5, "first": 0, "count": QUERIES},
            "references": {"prefix": "R", "digits": 3, "first": 0, "count": REFERENCES},
            "truth": {"file": "truth.csv"},
        }
        challenge = {
            "challenge": "load",
            "title": "Load",
            "ends_at": now + timedelta(days=2),
            "rules_version": "1",
            "eligibility": {"territory": "Anywhere."},
            "tracks": [{"name": "matching", "title": "Matching", "kind": "matching"}],
            "phases": [phase],
        }
        path = self.folder / "challenge.yaml"
        path.write_text(to_yaml(challenge))
        self._run("-m", "copytrace", "host", "load", str(path))

    def fill(self, code: str) -> None:
        """Run code with the site's tables."""
        self.environment["DJANGO_SETTINGS_MODULE"] = "copytrace.hosting.settings"
        self._run("-c", "import django; django.setup()\n" + code)

    def _run(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, *arguments], env=self.environment, check=True, stdout=subprocess.DEVNULL
        )


def takeovers(site: Site, kills: int) -> list[tuple[str, str]]:
    """Seconds from the SIGKILL of the scoring worker to the claim by a waiting one."""
    path = site.folder / "one.csv"
    path.write_bytes(b"query_id,reference_id,score\nQ00000,R000,0.5\n")
    host, seconds = site.player("takeover"), []
    for number in range(kills):
        upload = begin_upload(host, path)
        body = {"upload": upload, "track": "matching", "phase": "open"}
        submission = host.post("challenges", "load", "submissions", body=body)["id"]
        send(host, path, upload)
        first = site.worker(site.folder / f"first{number}.log")
        while host.get("submissions", submission)["state"] != "scoring":
            time.sleep(0.05)
        second = site.worker(site.folder / f"second{number}.log")
        first.kill()
        begun = time.monotonic()
        while host.get("submissions", submission)["run"]["attempt"] < 2:
            time.sleep(0.02)
        seconds.append(time.monotonic() - begun)
        for process in (first, second):
            process.kill()
            process.wait()
        # The run belongs to nobody now: the next worker must not find it.
        site.fill("from copytrace.hosting.models import *; ScoringRun.objects.update(state='dead')")
    shown = " / ".join(f"{value:.1f}" for value in sorted(seconds))
    return [(f"killed worker to the next claim, {kills} kills", f"{shown} s")]


def uploads(site: Site, clients: int, files: int) -> list[tuple[str, str]]:
    """Accepted submissions per minute, each a file of 5 MB."""
    path = site.folder / "five.csv"
    path.write_bytes(b"query_id,reference_id,score\n" + b"Q00000,R000,0.5\n" * 312_500)
    players = [site.player(f"player{number}") for number in range(clients)]

    def submit(host: Host) -> None:
        for _ in range(files):
            upload = begin_upload(host, path)
            body = {"upload": upload, "track": "matching", "phase": "open"}
            host.post("challenges", "load", "submissions", body=body)
            send(host, path, upload)

    begun = time.monotonic()
    with ThreadPoolExecutor(clients) as threads:
        list(threads.map(submit, players))
    minutes = (time.monotonic() - begun) / 60
    return [
        (
            f"submissions accepted per minute, {clients} clients, 5 MB each",
            f"{clients * files / minutes:,.0f}",
        )
    ]


FILL = """
from copytrace.hosting.models import *
from copytrace.hosting.services import clock
phase = Phase.objects.get(); track = Track.objects.get(); now = clock.now()
teams = list(Team.objects.all()); account = Account.objects.first()
rows = Submission.objects.bulk_create([
    Submission(team=teams[n % len(teams)], account=account, track=track, phase=phase, state="scored", state_at=now,
               upload_started_at=now, received_at=now) for n in range({count})])
runs = ScoringRun.objects.bulk_create([
    ScoringRun(submission=row, stage="score", state="done", queued_at=now, public_score=(row.pk * 7919 % 10007) / 10007,
               private_score=0.5, public_measures={{"micro_ap": 0.5, "recall_at_p90": 0.4}}) for row in rows])
for row, run in zip(rows, runs):
    row.current_run = run
Submission.objects.bulk_update(rows, ["current_run"], batch_size=500)
"""


def board(site: Site, count: int) -> list[tuple[str, str]]:
    """Milliseconds of a leaderboard."""
    site.fill(FILL.format(count=count))
    host, times = Host(site.address), []
    for _ in range(200):
        begun = time.perf_counter()
        host.get("challenges", "load", "tracks", "matching", "phases", "open", "leaderboard")
        times.append(1000 * (time.perf_counter() - begun))
    cuts = statistics.quantiles(times, n=20)
    return [(f"leaderboard of {count:,} submissions, p50 / p95", f"{cuts[9]:.0f} / {cuts[18]:.0f} ms")]


def large(site: Site, size: int) -> list[tuple[str, str]]:
    """The web processes' memory while one large file arrives, and its speed."""
    path = site.folder / "large.h5"
    with path.open("wb") as file:
        file.truncate(size)
    host = site.player("large")
    peak, over = [site.memory()], threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            peak.append(site.memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    begun = time.monotonic()
    send(host, path, begin_upload(host, path))
    seconds = time.monotonic() - begun
    over.set()
    watcher.join()
    rate = size / seconds / 1e6
    return [
        (f"upload of {size / 1e9:.1f} GB", f"{seconds:.0f} s, {rate:,.0f} MB/s"),
        ("memory of the web side: before / peak", f"{peak[0] / 1e6:.0f} / {max(peak) / 1e6:.0f} MB"),
    ]


if __name__ == "__main__":
    main()
