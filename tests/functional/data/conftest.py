"""A web server with faults on demand, an S3 server in its own process, and the real command line."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from copytrace.data import Entry, make_manifest, write_manifest
from s3_server import S3_TOOLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Run = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Status:
    """Answer with this status instead of the file."""

    code: int
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cut:
    """Close the connection before the byte at this offset of the file."""

    offset: int


@dataclass(frozen=True)
class Garble:
    """Send bytes that differ from the file's."""


@dataclass(frozen=True)
class Short:
    """Send a range only up to the byte at this offset, but declare it complete."""

    offset: int


@dataclass(frozen=True)
class Hold:
    """Pause before the byte at this offset, until the test lets it continue."""

    offset: int


Fault = Status | Cut | Garble | Short | Hold


@dataclass(frozen=True)
class Asked:
    """A request as the server received it."""

    method: str
    path: str
    range: str | None
    if_match: str | None
    authorization: str | None
    time: float


class FaultyServer(ThreadingHTTPServer):
    """Serves files from memory over HTTP/1.1 with ranges and ETags, and fails on demand.

    Attributes:
        files: the files served, by path.
        pages: the index pages served, by path.
        faults: for each path, what happens to its next GET requests, in order.
        hold_after: number of GET requests after which all further ones are held; None: never.
        log: the requests received.
        held: set while a request is held.
        release: lets held requests continue.
        sent: number of bytes of files sent, by path.
        ranges: whether the server supports ranges.
    """

    daemon_threads = True
    # A held connection must not keep the test from ending.
    block_on_close = False
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.pages: dict[str, str] = {}
        self.faults: dict[str, list[Fault]] = {}
        self.hold_after: int | None = None
        self.log: list[Asked] = []
        self.held = threading.Event()
        self.release = threading.Event()
        self.sent: dict[str, int] = {}
        self.ranges = True
        self.delay = 0.0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, path: str, code: int, *, times: int = 1, **headers: str) -> None:
        """Answer the next requests for a file with a status instead."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.faults.setdefault(path, []).extend([Status(code, named)] * times)

    def cut(self, path: str, offset: int, *, times: int = 1) -> None:
        """Close the connection before a given byte of a file."""
        self.faults.setdefault(path, []).extend([Cut(offset)] * times)

    def garble(self, path: str) -> None:
        """Send different bytes instead of a file's, once."""
        self.faults.setdefault(path, []).append(Garble())

    def short(self, path: str, offset: int) -> None:
        """Send less than the requested range, once."""
        self.faults.setdefault(path, []).append(Short(offset))

    def hold(self, path: str, offset: int) -> None:
        """Pause before a given byte of a file until `release` is set."""
        self.faults.setdefault(path, []).append(Hold(offset))

    def gets(self, path: str | None = None) -> list[Asked]:
        """The GET requests for one path or all paths."""
        return [asked for asked in self.log if asked.method == "GET" and path in {asked.path, None}]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect: that is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: FaultyServer

    def log_message(self, *args: object) -> None:
        """Log nothing."""

    def do_HEAD(self) -> None:
        if self.server.delay:
            threading.Event().wait(self.server.delay)
        self._note()
        path = self.path.lstrip("/")
        faults = self.server.faults.get(path)
        # Faults of a file show only when it is downloaded, but a busy server rejects every kind of request.
        if faults and isinstance(faults[0], Status) and faults[0].code == 503:
            self._refuse(faults[0])
        elif (body := self.server.files.get(path)) is None:
            self._refuse(Status(404))
        else:
            self._start(200, body, 0, len(body))

    def do_GET(self) -> None:
        path = self.path.lstrip("/")
        if path in self.server.pages:
            self._note()
            self._show(self.server.pages[path])
            return
        body = self.server.files.get(path)
        first, last = self._range(body or b"")
        with self.server.lock:
            self._note()
            fault = self._fault(path, first, last)
        if isinstance(fault, Status) or body is None:
            self._refuse(fault if isinstance(fault, Status) else Status(404))
        elif self.headers.get("If-Match") not in {None, _etag(body)}:
            self._refuse(Status(412))
        else:
            last = fault.offset if isinstance(fault, Short) else last
            sent = body[::-1] if isinstance(fault, Garble) else body
            self._start(206 if (first, last) != (0, len(body)) else 200, body, first, last)
            self._send(path, sent[first:last], first, fault)

    def _fault(self, path: str, first: int, last: int) -> Fault | None:
        """Take the first fault of a file that affects the requested range."""
        if self.server.hold_after is not None and len(self.server.gets()) > self.server.hold_after:
            return Hold(0)
        faults = self.server.faults.get(path, [])
        for fault in faults:
            if not isinstance(fault, Cut | Short | Hold) or first <= fault.offset < last:
                faults.remove(fault)
                return fault
        return None

    def _send(self, path: str, body: bytes, first: int, fault: Fault | None) -> None:
        stop = fault.offset - first if isinstance(fault, Cut | Hold) else len(body)
        self.wfile.write(body[:stop])
        self._count(path, len(body[:stop]))
        if isinstance(fault, Cut):
            self.close_connection = True
            self.connection.shutdown(2)
        elif isinstance(fault, Hold):
            self.server.held.set()
            self.server.release.wait(60)
            self.wfile.write(body[stop:])
            self._count(path, len(body[stop:]))

    def _range(self, body: bytes) -> tuple[int, int]:
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if found is None or not self.server.ranges:
            return 0, len(body)
        return int(found[1]), min(int(found[2] or len(body)) + 1, len(body))

    def _start(self, code: int, body: bytes, first: int, last: int) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(last - first))
        self.send_header("ETag", _etag(body))
        self.send_header("Last-Modified", "Tue, 26 Oct 2021 00:00:00 GMT")
        if code == 206:
            self.send_header("Content-Range", f"bytes {first}-{last - 1}/{len(body)}")
        self.end_headers()

    def _show(self, page: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page.encode())))
        self.end_headers()
        self.wfile.write(page.encode())

    def _refuse(self, status: Status) -> None:
        self.send_response(status.code)
        for name, value in status.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _note(self) -> None:
        self.server.log.append(
            Asked(
                self.command,
                self.path.lstrip("/"),
                self.headers.get("Range"),
                self.headers.get("If-Match"),
                self.headers.get("Authorization"),
                time.monotonic(),
            )
        )

    def _count(self, path: str, size: int) -> None:
        with self.server.lock:
            self.server.sent[path] = self.server.sent.get(path, 0) + size


@cache
def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


@pytest.fixture
def servers() -> Iterator[Callable[[], FaultyServer]]:
    """Starts servers, each on a free port."""
    started: list[FaultyServer] = []

    def start() -> FaultyServer:
        server = FaultyServer()
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.release.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def server(servers: Callable[[], FaultyServer]) -> FaultyServer:
    """A server."""
    return servers()


@pytest.fixture
def manifest_for(tmp_path: Path) -> Callable[..., Path]:
    """Writes the description and the manifest of the files at a URL; returns the description."""

    def write(files: Mapping[str, bytes], *urls: str, name: str = "set") -> Path:
        entries = [
            Entry(Path(path).stem, path, len(body), hashlib.sha256(body).hexdigest(), path.partition("/")[0])
            for path, body in files.items()
        ]
        write_manifest(tmp_path / f"{name}.csv", make_manifest(entries, name=name))
        mirrors = "".join(f"  mirror-{number}: {{url: '{url}'}}\n" for number, url in enumerate(urls))
        path = tmp_path / f"{name}.yaml"
        path.write_text(f"name: {name}\nmanifest: {name}.csv\nmirrors:\n{mirrors}")
        return path

    return write


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the real command line in the background, in the test's folder."""
    running: list[subprocess.Popen[str]] = []

    def begin(*arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "copytrace", *map(str, arguments)]
        process = subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def s3_tool(s3_url: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Run]:
    """Runs a program of the tools' environment, such as the AWS CLI, against the S3 server."""
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": s3_url,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "HOME": str(tmp_path_factory.mktemp("home")),
    }

    def run(program: str, *arguments: str, cwd: Path | None = None) -> Run:
        command = [S3_TOOLS / program, *arguments]
        return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, check=True)

    return run
