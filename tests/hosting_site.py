"""A real site for a test: its processes, folder and database, started with the command line."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import psycopg
import pytest

from copytrace.client import Host, HostUnreachable, begin_upload, send
from hosting_world import challenge_content, write_challenge_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from command_line import Background, CommandLine

LIBRARIES = (
    "argon2",
    "django.contrib.admin.options",
    "django.core.management.commands.migrate",
    "django.template.backends.django",
    "django.test",
    "gunicorn.app.wsgiapp",
    "gunicorn.workers.gthread",
    "markdown_it",
    "psycopg",
    "pydantic.main",
)
"""Modules that the host's commands need and that can be imported without settings."""

PATIENCE = 60
"""Seconds to wait for a condition; reached only on failure."""

PASSWORD = "a long password 7"  # noqa: S105 - of accounts that live for one test

FAST = {
    "LEASE_SECONDS": "1",
    "HEARTBEAT_SECONDS": "0.2",
    "POLL_SECONDS": "0.1",
    "ATTEMPTS": "10",
    "BOOTSTRAP": "0",
    "DISK_RESERVE_MB": "0",
    "REFUSALS_PER_HOUR": "100000",
    "REQUESTS_PER_MINUTE": "100000",
    "LOGINS_PER_MINUTE": "100000",
    "UPLOADS_PER_MINUTE": "100000",
    "THREADS": "1",
}


def wait_until(condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """The condition's value once it is true."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    pytest.fail(f"waited {patience} s in vain: {what}", pytrace=False)


class Cluster:
    """A PostgreSQL cluster in its own folder, reached through a socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self._bin = max(Path("/usr/lib/postgresql").glob("*/bin"))
        if self._as:
            shutil.chown(folder, "postgres")
        folder.chmod(0o700 if not self._as else 0o755)
        self._run(
            "initdb", "-D", str(folder / "data"), "-U", "tester", "--auth=trust", "--no-sync", "-E", "UTF8"
        )
        self._number = 0
        self.start()

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off -c max_connections=100"
        self._run(
            "pg_ctl",
            "-D",
            str(self.folder / "data"),
            "-o",
            options,
            "-l",
            str(self.folder / "log"),
            "-w",
            "start",
        )

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", mode, "-w", "stop")

    def new_database(self, name: str = "") -> str:
        """A new database with this name: empty, or with a copy of the tables of `blank`."""
        template = "template1" if name else "blank"
        self._number += 1
        name = name or f"site{self._number}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.address(name)

    def address(self, name: str) -> str:
        return f"postgresql://tester@/{name}?host={self.folder}"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self._as, str(self._bin / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
        )


class Site:
    """The processes of one site.

    Attributes:
        data: its folder.
        address: the address of its web process, once `web` has started it.
        environment: the environment of its processes.
        command_line: runs its commands.
    """

    command_line: ClassVar[CommandLine]

    def __init__(self, data: Path, database: str, **settings: str) -> None:
        self.data = data
        self.database = database
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        told = {
            "DATA": str(data),
            "SECRET_KEY": "only-for-tests-0123456789-abcdefghijkl",
            "NAMES": "127.0.0.1",
            "TLS": "no",
            "DATABASE": database,
            "URL": self.address,
            **FAST,
            **settings,
        }
        self.environment = os.environ | {f"COPYTRACE_HOST_{name}": value for name, value in told.items()}
        self.environment.pop("DJANGO_SETTINGS_MODULE", None)
        self.processes: list[Background] = []

    def start(self, *arguments: str, limits: Mapping[int, int] | None = None) -> Background:
        log = self.data.parent / "stderr.log"
        process = self.command_line.start(
            "host", *arguments, log=log, env=self.environment, imports=LIBRARIES, limits=limits
        )
        self.processes.append(process)
        return process

    def run(self, *arguments: str) -> str:
        done = self.command_line.run("host", *arguments, env=self.environment, imports=LIBRARIES)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def web(self, limits: Mapping[int, int] | None = None) -> Background:
        process = self.start("web", "--port", str(self.port), limits=limits)
        self.wait_for_web()
        return process

    def wait_for_web(self) -> None:
        wait_until(self._answers, "the web side answers")

    def set_limit(self, total: int) -> None:
        """Change settings in the challenge file, as an organiser would."""
        self.execute(f"UPDATE hosting_phase SET limit_total = {total}")  # noqa: S608 - a number of ours

    def worker(self, *arguments: str) -> Background:
        return self.start("worker", *arguments)

    def _answers(self) -> bool:
        with suppress(HostUnreachable):
            Host(self.address).get("challenges")
            return True
        return False

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the database, from a connection that is not part of the site."""
        if self.database:
            with psycopg.connect(self.database) as connection:
                return connection.execute(query).fetchall()
        with closing(sqlite3.connect(self.data / "host.sqlite3", timeout=20)) as connection:
            return connection.execute(query).fetchall()

    def execute(self, statement: str) -> None:
        if self.database:
            with psycopg.connect(self.database) as connection:
                connection.execute(statement)
            return
        with closing(sqlite3.connect(self.data / "host.sqlite3", timeout=20)) as connection, connection:
            connection.execute(statement)

    def states(self) -> dict[str, int]:
        return dict(self.rows("SELECT state, count(*) FROM hosting_submission GROUP BY state"))

    def end(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGCONT)
            # On SIGTERM, gunicorn would wait for idle connections.
            process.send_signal(signal.SIGINT)
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def new_site(
    folder: Path,
    blank: Path,
    database: str = "",
    content: dict[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    **settings: str,
) -> Site:
    """A site with the small challenge, in its own folder; nothing is running yet.

    Args:
        folder: holds the site's folder and everything else.
        blank: an SQLite database with empty tables.
        database: the address of a PostgreSQL database; by default SQLite.
        content: content of the challenge file.
        environment: additional variables for its processes.
        settings: settings of the site.
    """
    site = Site(folder / "data", database, **settings)
    site.environment |= environment or {}
    site.data.mkdir()
    if not database:
        shutil.copy(blank, site.data)
    now = datetime.now(UTC).replace(microsecond=0)
    site.run("load", str(write_challenge_folder(folder / "challenge", content or challenge_content(now))))
    return site


class Machine:
    """A machine that knows only the site's address."""

    def __init__(self, site: Site) -> None:
        self._site = site
        Player(site, "boss")
        site.execute("UPDATE hosting_account SET is_staff = true WHERE username = 'boss'")
        body = {"username": "boss", "password": PASSWORD, "scopes": ["work"]}
        self.token = Host(site.address).post("tokens", body=body)["token"]

    def worker(self, address: str = "") -> Background:
        kept = {name: text for name, text in os.environ.items() if not name.startswith("COPYTRACE_HOST")}
        environment = kept | {"COPYTRACE_TOKEN": self.token}
        process = self._site.command_line.start(
            *("host", "worker", "--host", address or self._site.address),
            log=self._site.data.parent / "remote.log",
            cwd=self._site.data.parent,
            env=environment,
            imports=LIBRARIES,
        )
        self._site.processes.append(process)
        return process

    def log(self) -> str:
        return (self._site.data.parent / "remote.log").read_text()


class Player:
    """A participant with a team and a token."""

    def __init__(self, site: Site, name: str) -> None:
        self.name = name
        self.password = PASSWORD
        host = Host(site.address)
        account = {"username": name, "email": f"{name}@example.org", "password": self.password}
        host.post("accounts", body=account)
        self.token = host.post("tokens", body={"username": name, "password": self.password})["token"]
        self.host = Host(site.address, self.token)

    def join(self) -> Player:
        declared = {"country": "DE", "of_age": True, "rules_version": "1"}
        self.host.post("challenges", "small", "participation", body=declared)
        self.host.post("challenges", "small", "team", body={"name": f"team {self.name}"})
        return self

    def submit(self, path: Path, track: str = "matching", phase: str = "one", **more: Any) -> dict[str, Any]:
        upload = begin_upload(self.host, path)
        body = {"upload": upload, "track": track, "phase": phase, **more}
        found = self.host.post("challenges", "small", "submissions", body=body)
        send(self.host, path, upload)
        return found
