"""Measures the response time of every page of a full site: 10,000 submissions of 500 teams on SQLite, one web process.

Every page in the site's table of addresses is requested, one request after the other, by a user who may see it: on the
loopback address only, 40 times each by default. The whole response is measured, without pictures and styles. Usage:
python benchmarks/site_pages.py
"""

from __future__ import annotations

import argparse
import http.cookiejar
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from full_site import ORGANISER, PASSWORD, PLAYER

from copytrace.documents import to_yaml

WANTED = 200
"""Milliseconds at p95."""

# Values for a route's parameters. Submission 501 belongs to the player, and so does team 1.
VALUES = {
    "slug": "full",
    "phase": "one",
    "track": "matching",
    "number": "1",
    "submission_id": "501",
    "name": "submissions",
    "form": "csv",
}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=10_000)
    parser.add_argument("--teams", type=int, default=500)
    parser.add_argument("--requests", type=int, default=40, help="of each page")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="copytrace-pages-") as folder:
        site = Site(Path(folder))
        try:
            site.fill(options.submissions, options.teams)
            print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, SQLite")
            missed = measure(site, options.requests)
        finally:
            site.end()
    print(f"pages over {WANTED} ms at p95: {', '.join(missed) or 'none'}")


def measure(site: Site, requests: int) -> list[str]:
    """Request every page and print its line; return the pages that took too long."""
    people = {name: Browser(site.address, name) for name in (PLAYER, ORGANISER)}
    missed = []
    print(f"{'page':74} {'kB':>5} {'p50 ms':>7} {'p95 ms':>7}")
    for page in site.pages():
        browser = people[ORGANISER if page.startswith("/organise/") else PLAYER]
        status, size = browser.get(page)
        if status != 200:
            print(f"{page:74} answers {status}, not measured")
            continue
        times = []
        for _ in range(requests):
            begun = time.perf_counter()
            browser.get(page)
            times.append(1000 * (time.perf_counter() - begun))
        cuts = statistics.quantiles(times, n=20)
        print(f"{page:74} {size / 1000:5.0f} {cuts[9]:7.0f} {cuts[18]:7.0f}", flush=True)
        if cuts[18] > WANTED:
            missed.append(page)
    return missed


class Browser:
    """A user who is signed in, through the sign-in form."""

    def __init__(self, address: str, name: str) -> None:
        self._address = address
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))
        self.get("/accounts/login/")
        token = next(cookie.value for cookie in self._jar if cookie.name == "csrftoken")
        form = {"login": name, "password": PASSWORD, "csrfmiddlewaretoken": token}
        self._opener.open(f"{address}/accounts/login/", urllib.parse.urlencode(form).encode()).close()
        if not any(cookie.name == "sessionid" for cookie in self._jar):
            raise SystemExit(f"{name} could not sign in.")

    def get(self, page: str) -> tuple[int, int]:
        """Status and bytes of a page."""
        try:
            with self._opener.open(self._address + page) as answer:
                return answer.status, len(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, 0


class Site:
    """A web process on SQLite with one challenge, both of whose phases show scores."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self._port = int(free.getsockname()[1])
        self.address = f"http://127.0.0.1:{self._port}"
        told = {
            "DATA": str(folder / "data"),
            "SECRET_KEY": "only-for-benchmarks-0123456789-abcdef",
            "NAMES": "127.0.0.1",
            "TLS": "no",
        }
        told |= {"REQUESTS_PER_MINUTE": "1000000", "LOGINS_PER_MINUTE": "1000000"}
        self._web: subprocess.Popen[bytes] | None = None
        self._environment = os.environ | {f"COPYTRACE_HOST_{name}": value for name, value in told.items()}
        (folder / "truth.csv").write_text("query_id,reference_id\nQ0,R0\n")
        path = folder / "challenge.yaml"
        path.write_text(to_yaml(_challenge(datetime.now(UTC).replace(microsecond=0))))
        self._run("-m", "copytrace", "host", "load", str(path))

    def fill(self, submissions: int, teams: int) -> None:
        """Write the rows, and start the web process."""
        filler = Path(__file__).with_name("full_site.py")
        self._run(str(filler), "full", "--submissions", str(submissions), "--teams", str(teams))
        command = [sys.executable, "-m", "copytrace", "host", "web", "--port", str(self._port)]
        self._web = subprocess.Popen(command, env=self._environment, stderr=subprocess.DEVNULL)
        while not self._answers():
            time.sleep(0.1)

    def pages(self) -> list[str]:
        """The addresses of all pages, from the site's own table."""
        code = (
            "import django; django.setup()\n"
            "from django.urls import get_resolver, URLPattern\n"
            "def walk(patterns, start='/'):\n"
            "    for pattern in patterns:\n"
            "        if isinstance(pattern, URLPattern): print(start + str(pattern.pattern))\n"
            "        elif 'pages' in str(pattern.urlconf_name):\n"
            "            walk(pattern.url_patterns, start + str(pattern.pattern))\n"
            "walk(get_resolver().url_patterns)\n"
        )
        routes = self._run("-c", code).split()
        pages = [
            re.sub(r"<(?:\w+:)?(\w+)>", lambda found: VALUES.get(found[1], "1"), route) for route in routes
        ]
        return [page for page in pages if "<" not in page]

    def cpu_seconds(self) -> float:
        """CPU time used by its web processes."""
        if self._web is None:
            return 0.0
        first = psutil.Process(self._web.pid)
        times = [process.cpu_times() for process in (first, *first.children(recursive=True))]
        return sum(time.user + time.system for time in times)

    def end(self) -> None:
        """Stop it."""
        if self._web is not None:
            self._web.terminate()
            self._web.wait()

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.address}/").close()  # noqa: S310 - the loopback address
        except OSError:
            return False
        return True

    def _run(self, *arguments: str) -> str:
        environment = self._environment | {"DJANGO_SETTINGS_MODULE": "copytrace.hosting.settings"}
        done = subprocess.run(
            [sys.executable, *arguments], env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout


def _challenge(now: datetime) -> dict[str, Any]:
    day = timedelta(days=1)
    phase = {
        "queries": {"prefix": "Q", "digits": 1, "first": 0, "count": 9},
        "references": {"prefix": "R", "digits": 1, "first": 0, "count": 9},
        "truth": {"file": "truth.csv"},
        "prizes": {"matching": ["$50,000", "$30,000", "$20,000"]},
    }
    return {
        "challenge": "full",
        "title": "Full challenge",
        "ends_at": now + 9 * day,
        "rules_version": "1",
        "eligibility": {"territory": "Anywhere."},
        "tracks": [
            {"name": "matching", "title": "Matching", "kind": "matching"},
            {"name": "descriptor", "title": "Descriptor", "kind": "descriptor"},
        ],
        # The first phase is over and revealed, so both its boards exist; the second one is open.
        "phases": [
            {"name": "one", "title": "Phase 1", "opens_at": now - 9 * day, "closes_at": now - day, **phase},
            {"name": "two", "title": "Phase 2", "opens_at": now - day, "closes_at": now + day, **phase},
        ],
    }


if __name__ == "__main__":
    main()
