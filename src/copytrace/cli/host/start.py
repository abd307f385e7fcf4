"""`copytrace host serve`, `web` and `worker`: the processes of a site."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from copytrace.cli import terminal
from copytrace.cli.host.site import (
    UMASK,
    DataOption,
    close_to_others,
    first_link,
    make_site,
    migrate,
    open_site,
)
from copytrace.errors import CopytraceError, InputError

BindOption = Annotated[str, typer.Option("--bind", metavar="ADDRESS", help="Address to listen on.")]
PortOption = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")]

CheckedOption = Annotated[bool, typer.Option("--checked", hidden=True)]
"""Tells a process of `serve` that `serve` itself has checked the site."""

FIRST_ORGANISER = "organiser"
"""The account that `serve` creates if no organiser has signed in yet."""

EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - compared with, not listened on


def serve(
    *,
    data: Annotated[
        Path, typer.Option("--data", metavar="DIR", help="Folder for everything the site stores.")
    ] = Path("host-data"),
    bind: BindOption = "127.0.0.1",
    port: PortOption = 8000,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, help="Files to score at the same time.")
    ] = 1,
) -> None:
    """Run a complete site: database, web server and worker, in one folder.

    Examples:
        copytrace host serve
        copytrace host serve --data site --bind 0.0.0.0 --port 8080
    """
    _require_free(bind, port)
    name = "127.0.0.1" if bind in EVERYWHERE else bind
    make_site(data, f"http://{name}:{port}", name)
    open_site(data)
    migrate()
    close_to_others()
    _tell_first_steps(f"http://{name}:{port}", data)
    if bind in EVERYWHERE:
        terminal.say("To use other host names, set COPYTRACE_HOST_NAMES and COPYTRACE_HOST_URL.")
    _supervise(
        [
            _start("web", "--checked", "--data", str(data), "--bind", bind, "--port", str(port)),
            _start("worker", "--checked", "--data", str(data), "--concurrency", str(concurrency)),
        ]
    )


def web(
    *,
    data: DataOption = None,
    bind: BindOption = "127.0.0.1",
    port: PortOption = 8000,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Web processes.")] = 1,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Threads per web process.")] = 32,
    checked: CheckedOption = False,
) -> None:
    """Run the web server (gunicorn), configured by environment variables.

    Examples:
        copytrace host web --workers 4
        copytrace host web --data site --port 8080
    """
    os.environ["COPYTRACE_HOST_WEB_THREADS"] = str(threads)
    open_site(data)
    if not checked:
        close_to_others()
    command = [
        *(sys.executable, "-m", "gunicorn", "copytrace.hosting.web.wsgi:application"),
        *("--bind", f"{bind}:{port}", "--workers", str(workers), "--threads", str(threads)),
        # gunicorn sets its own otherwise.
        *("--umask", f"{UMASK:#o}"),
        *(
            "--worker-class",
            "copytrace.hosting.web.server.Worker",
            "--timeout",
            "60",
            "--graceful-timeout",
            "10",
            "--log-level",
            "warning",
        ),
    ]
    # The process becomes gunicorn, so that signals reach it and nothing stands between.
    sys.stdout.flush()
    os.execv(sys.executable, command)  # noqa: S606 - this very Python


def worker(
    *,
    data: DataOption = None,
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, help="Files to score at the same time.")
    ] = 1,
    host: Annotated[
        str | None,
        typer.Option(
            "--host",
            metavar="https://...",
            help="Work for the site at this address, from a machine with neither its folder nor its database.",
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            envvar="COPYTRACE_TOKEN",
            help="A worker's token, with --host; by default that of `copytrace login --work`.",
        ),
    ] = None,
    checked: CheckedOption = False,
) -> None:
    """Check and score queued submissions, and send e-mails. Run as many workers as you like.

    Examples:
        copytrace host worker --concurrency 2
        copytrace host worker --host https://challenge.example.org
    """
    if host is not None:
        if data is not None:
            raise InputError(
                "--host is for a site on another machine, --data for one on this machine. Use only one of them."
            )
        _work_for(host, token, concurrency)
        return
    open_site(data)
    if not checked:
        close_to_others()
    from copytrace.hosting.worker.loop import Worker
    from copytrace.hosting.worker.mailer import Mailer
    from copytrace.hosting.worker.queued import Queued

    with _folder_for_files() as folder:
        found = Worker(Queued(Path(folder)), concurrency)
        Mailer().start()
        found.run()


def _folder_for_files() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="copytrace-worker-", ignore_cleanup_errors=True)


def _work_for(address: str, token: str | None, concurrency: int) -> None:
    """Work for a site on another machine."""
    from copytrace.client import HostUnreachable, WorkHost, known_host
    from copytrace.hosting.worker.loop import Worker
    from copytrace.hosting.worker.remote import Remote

    os.umask(UMASK)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with _folder_for_files() as folder:
        host = WorkHost(known_host(address, token))
        Worker(Remote(host, Path(folder), away=(HostUnreachable,)), concurrency).run()


def _require_free(bind: str, port: int) -> None:
    """Find out at once whether the web server will be able to listen.

    Raises:
        InputError: it will not.
    """
    try:
        socket.create_server((bind, port)).close()
    except OSError as error:
        raise InputError(
            f"Cannot listen on {bind}, port {port}: {error.strerror}. Choose others with --bind and --port"
        ) from error


def _tell_first_steps(address: str, data: Path) -> None:
    from copytrace.hosting.models import Account, Challenge

    terminal.say(f"Site: {address}  (API: {address}/api/v1/docs; press Ctrl-C to stop)")
    if not Challenge.objects.exists():
        terminal.say(f"No challenges yet. Load one: copytrace host load FILE.yaml --data {data}")
    if Account.objects.filter(is_staff=True, last_login__isnull=False).exists():
        return
    account, _ = Account.objects.get_or_create(
        username=FIRST_ORGANISER,
        defaults={"email": "organiser@localhost.invalid", "is_staff": True, "is_superuser": True},
    )
    terminal.say(
        f"Sign in as '{account.username}'. Choose the password (the link works once): {first_link(account)}"
    )


def _start(*arguments: str) -> subprocess.Popen[bytes]:
    """Start one of the site's processes, which ends when this one does, however that ends."""
    command = [sys.executable, "-m", "copytrace", "host", *arguments]
    return subprocess.Popen(command, preexec_fn=_end_with_parent)  # noqa: S603, PLW1509 - this program, without threads


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


PR_SET_PDEATHSIG = 1
"""Of Linux's prctl(2): the signal that a process gets when its parent ends."""


def _supervise(processes: list[subprocess.Popen[bytes]]) -> None:
    """Wait until one process ends or the user does, and end the others.

    Raises:
        CopytraceError: one of them ended by itself.
    """
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: stopped.append(received))
    try:
        while not stopped and all(process.poll() is None for process in processes):
            time.sleep(0.2)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
    if not stopped:
        raise CopytraceError("A process of the site stopped unexpectedly; see its output above.")
