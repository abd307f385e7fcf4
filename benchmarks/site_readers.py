"""Measures how many readers a site can serve: the leaderboard, the home page and the API, requested all at once.

A full site (10,000 submissions of 500 teams) on SQLite and one web process, and 200 readers on the loopback address,
who each request a page again as soon as they receive it, over persistent connections. With `--changes 2`, the site
changes twice a second, so pages must be rendered again. Server and readers share the cores; `--cores 0,1` limits both
to these.
Usage: python benchmarks/site_readers.py
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from site_pages import Site

PAGES = {
    "leaderboard": "/challenges/full/leaderboard/matching/one/",
    "leaderboard, 304": "/challenges/full/leaderboard/matching/one/",
    "home": "/",
    "API": "/api/v1/challenges/full/tracks/matching/phases/one/leaderboard",
}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--submissions", type=int, default=10_000)
    parser.add_argument("--teams", type=int, default=500)
    parser.add_argument("--changes", type=float, default=0, help="of the site, a second")
    parser.add_argument("--cores", default="", help="such as 0,1")
    options = parser.parse_args()
    if options.cores:
        os.sched_setaffinity(0, {int(core) for core in options.cores.split(",")})
    with tempfile.TemporaryDirectory(prefix="copytrace-readers-") as folder:
        site = Site(Path(folder))
        try:
            site.fill(options.submissions, options.teams)
            database = Path(folder) / "data" / "host.sqlite3" if options.changes else None
            cores = len(os.sched_getaffinity(0))
            print(
                f"{platform.machine()}, {cores} cores, load {os.getloadavg()[0]:.1f}, {options.readers} readers"
            )
            print(f"{'page':20} {'requests/s':>10} {'p50 ms':>7} {'p95 ms':>7} {'CPU ms':>7} statuses")
            for name, path in PAGES.items():
                print(
                    f"{name:20} {measure(site, path, options, database, revisit='304' in name)}", flush=True
                )
        finally:
            site.end()


def measure(
    site: Site, path: str, options: argparse.Namespace, database: Path | None, *, revisit: bool
) -> str:
    """The line of one page; CPU is the server's per request, which other work hardly affects."""
    times: list[float] = []
    statuses: dict[int, int] = {}
    begun, cpu = time.perf_counter(), site.cpu_seconds()
    asyncio.run(siege(site.address, path, options, database, times, statuses, revisit=revisit))
    spent, cpu = time.perf_counter() - begun, site.cpu_seconds() - cpu
    cuts = statistics.quantiles(times, n=20)
    figures = f"{len(times) / spent:10.0f} {1000 * cuts[9]:7.0f} {1000 * cuts[18]:7.0f}"
    return f"{figures} {1000 * cpu / len(times):7.1f} {statuses}"


async def siege(  # noqa: PLR0917 - what all readers share
    address: str,
    path: str,
    options: argparse.Namespace,
    database: Path | None,
    times: list[float],
    statuses: dict[int, int],
    *,
    revisit: bool,
) -> None:
    """Let all readers send requests until the time is over."""
    until = time.perf_counter() + options.seconds
    readers = [_read(address, path, until, times, statuses, revisit=revisit) for _ in range(options.readers)]
    changing = asyncio.create_task(_change(database, options.changes)) if database else None
    await asyncio.gather(*readers)
    if changing:
        changing.cancel()


async def _read(
    address: str, path: str, until: float, times: list[float], statuses: dict[int, int], *, revisit: bool
) -> None:
    """One reader, who sends requests continuously."""
    where = urlsplit(address)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    etag = ""
    while (begun := time.perf_counter()) < until:
        known = f"If-None-Match: {etag}\r\n" if revisit and etag else ""
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {where.netloc}\r\n{known}\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            # The server closes a connection that was idle for too long.
            reader, writer = await asyncio.open_connection(where.hostname, where.port)
            continue
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
        await reader.readexactly(int(headers.get("content-length", 0)))
        etag = headers.get("etag", "")
        times.append(time.perf_counter() - begun)
        status = int(head[0].split()[1])
        statuses[status] = statuses.get(status, 0) + 1
    writer.close()


async def _change(database: Path, a_second: float) -> None:
    """Add an entry to the audit log, as every change of the site does."""
    entry = (
        "INSERT INTO hosting_auditentry (at, act, subject, details)"
        " VALUES (strftime('%Y-%m-%d %H:%M:%f', 'now'), 'x', 'y', '{}')"
    )
    while True:
        await asyncio.sleep(1 / a_second)
        with closing(sqlite3.connect(database, timeout=20)) as connection, connection:
            connection.execute(entry)


if __name__ == "__main__":
    main()
