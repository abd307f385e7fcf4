"""Measures the response of the front page while slow clients attack the site.

It is limited, and uses only the loopback address: a separate site with one web process; 100 uploads from 25 accounts
that send a byte every five seconds, 200 request headers that never end (each reopened when the site drops it), then 20
honest uploads at 300 kB/s; meanwhile four readers request the front page. Usage: python benchmarks/host_siege.py
"""

from __future__ import annotations

import argparse
import os
import platform
import socket
import statistics
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from host_load import Site

from copytrace.client import Host, begin_upload

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

READERS = 4


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uploads", type=int, default=100, help="slow uploads")
    parser.add_argument("--heads", type=int, default=200, help="heads that never end")
    parser.add_argument("--honest", type=int, default=20, help="uploads at 300 kB/s")
    parser.add_argument("--seconds", type=float, default=20, help="of each measurement")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="copytrace-siege-") as folder:
        site = Site(Path(folder), "", threads=32)
        try:
            print(f"{platform.machine()}, {os.cpu_count()} cores, SQLite, one web process of 32 threads")
            hosts = [site.player(f"player{number}") for number in range(25)]
            path = site.folder / "matches.csv"
            path.write_bytes(bytes(5_000_000))
            show("front page, quiet", measure(site, options.seconds))
            slow = [
                Slow(site, hosts[number % 25], path, pause=5, size=1) for number in range(options.uploads)
            ]
            heads = [Head(site) for _ in range(options.heads)]
            with running([*slow, *heads]):
                show(
                    f"{options.uploads} slow uploads, {options.heads} slow heads",
                    measure(site, options.seconds),
                )
            honest = [
                Slow(site, hosts[number % 25], path, pause=0.1, size=30_000)
                for number in range(options.honest)
            ]
            with running(honest):
                show(f"{options.honest} uploads at 300 kB/s", measure(site, options.seconds))
        finally:
            site.end()


def show(name: str, seconds: list[float]) -> None:
    """Print a row of the table."""
    p95 = statistics.quantiles(seconds, n=20)[-1]
    print(
        f"{name:45} median {statistics.median(seconds):.3f} s, p95 {p95:.3f} s, {len(seconds)} answers",
        flush=True,
    )


def measure(site: Site, seconds: float) -> list[float]:
    """Response times of the front page in seconds."""
    end = time.monotonic() + seconds

    def read(_: int) -> list[float]:
        found = []
        while time.monotonic() < end:
            begun = time.monotonic()
            with suppress(OSError):
                Host(site.address).request("GET", "/")
            found.append(time.monotonic() - begun)
            time.sleep(0.05)
        return found

    with ThreadPoolExecutor(READERS) as threads:
        return [one for found in threads.map(read, range(READERS)) for one in found]


class Client(threading.Thread):
    """Holds a connection as long as possible, and reopens it when it is dropped."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self._site = site
        self.over = threading.Event()

    def run(self) -> None:
        """Attack until the time is over."""
        while not self.over.is_set():
            with (
                suppress(OSError),
                socket.create_connection(("127.0.0.1", self._site.port), timeout=1) as connection,
            ):
                self.attack(connection)
            self.over.wait(1)

    def attack(self, connection: socket.socket) -> None:
        """Send this client's data."""
        raise NotImplementedError


class Head(Client):
    """Sends one letter of a header per second."""

    def attack(self, connection: socket.socket) -> None:
        """Start a request that never ends."""
        connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        while not self.over.wait(1):
            connection.sendall(b"x")


class Slow(Client):
    """Sends an upload in small pieces."""

    def __init__(self, site: Site, host: Host, path: Path, *, pause: float, size: int) -> None:
        super().__init__(site)
        self._pause, self._piece, self._length = pause, bytes(size), path.stat().st_size
        self._host, self._path = host, path

    def attack(self, connection: socket.socket) -> None:
        """Send a piece of an upload now and then, until it is complete or refused."""
        upload = begin_upload(self._host, self._path)
        head = (
            f"PATCH /api/v1/uploads/{upload} HTTP/1.1\r\nHost: 127.0.0.1\r\nTus-Resumable: 1.0.0\r\n"
            f"Authorization: Bearer {self._host.token}\r\n"
            "Content-Type: application/offset+octet-stream\r\n"
            f"Upload-Offset: 0\r\nContent-Length: {self._length}\r\n\r\n"
        )
        connection.sendall(head.encode())
        for _ in range(self._length // len(self._piece)):
            if self.over.wait(self._pause):
                return
            connection.sendall(self._piece)


@contextmanager
def running(clients: Sequence[Client]) -> Iterator[None]:
    """Run clients during a block."""
    for client in clients:
        client.start()
    # They occupy what they can before measuring starts.
    time.sleep(3)
    try:
        yield
    finally:
        for client in clients:
            client.over.set()
        for client in clients:
            client.join()


if __name__ == "__main__":
    main()
