"""Runs the command line in processes forked from one that has already imported the libraries.

Importing them takes a new process about a second, and the tests run hundreds of commands. A forked process has its own
folder, environment, limits, output and exit status, and ends like any other. Tests of start-up and signals start a new
process instead. Where a command becomes another Python program (`host web` becomes gunicorn), its process imports that
program rather than starting a new interpreter.
"""

from __future__ import annotations

import ctypes
import gc
import io
import json
import os
import pkgutil
import resource
import runpy
import select
import signal
import subprocess
import sys
from contextlib import redirect_stdout, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Run = subprocess.CompletedProcess[str]

LIBRARIES = (
    "cv2",
    "h5py",
    "numba",
    "obstore.store",
    "onnxruntime",
    "pandas",
    "pyarrow.csv",
    "pyarrow.parquet",
    "yaml",
)
"""What commands import late, and pyarrow on its first conversion; the modules of copytrace import the rest."""

LEFT_OUT = ("copytrace.__main__", "copytrace.hosting", "copytrace.training")
"""Modules that need Django's settings or torch, or run something when imported."""

PR_SET_PDEATHSIG = 1
"""Of Linux's prctl(2): the signal that a process gets when its parent ends."""


class Background:
    """A command that runs in the background; used like a `subprocess.Popen`.

    Attributes:
        pid: its process ID.
        returncode: its exit status, once `wait` or `poll` has seen its end.
    """

    def __init__(self, pid: int, collect: Callable[[int], int]) -> None:
        """`collect` returns the exit status of an ended process."""
        self.pid = pid
        self.returncode: int | None = None
        self._collect = collect
        self._handle = os.pidfd_open(pid)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends.

        Raises:
            subprocess.TimeoutExpired: it is still running after this many seconds.
        """
        if self.returncode is None:
            if not select.select([self._handle], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            os.close(self._handle)
            self.returncode = self._collect(self.pid)
        return self.returncode

    def poll(self) -> int | None:
        """Its exit status; None while it is running."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            signal.pidfd_send_signal(self._handle, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class CommandLine:
    """A process that forks one process for each command.

    Attributes:
        folder: where the output of a command goes.
    """

    def __init__(self, folder: Path, modules: tuple[str, ...] = ()) -> None:
        """Start it; `modules` are the modules to import first, by default all that commands need."""
        self.folder = folder
        self._server = subprocess.Popen(
            [sys.executable, __file__, *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # A process that forks must not have threads.
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )

    def run(
        self,
        *arguments: object,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        imports: tuple[str, ...] = (),
        limits: Mapping[int, int] | None = None,
    ) -> Run:
        """Run a command until it ends.

        Args:
            *arguments: of `copytrace`; the command and its options.
            cwd: the folder to run it in; the current one by default.
            env: its environment; the current one by default.
            imports: further libraries to import in advance for this command and later ones.
            limits: resource limits of the command (`resource.RLIMIT_AS` ...).
        """
        files = [self.folder / name for name in ("stdout", "stderr")]
        for file in files:
            file.write_bytes(b"")
        pid = self._fork(arguments, *files, cwd=cwd, env=env, imports=imports, limits=limits)
        code = self._collect(pid)
        return Run(["copytrace", *map(str, arguments)], code, *(file.read_text() for file in files))

    def start(
        self,
        *arguments: object,
        log: Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        imports: tuple[str, ...] = (),
        limits: Mapping[int, int] | None = None,
    ) -> Background:
        """Start a command in the background; appends what it prints to stderr to `log`."""
        null = Path(os.devnull)
        pid = self._fork(arguments, null, log, cwd=cwd, env=env, imports=imports, limits=limits)
        return Background(pid, self._collect)

    def _fork(
        self,
        arguments: tuple[object, ...],
        stdout: Path,
        stderr: Path,
        *,
        cwd: Path | None,
        env: Mapping[str, str] | None,
        imports: tuple[str, ...],
        limits: Mapping[int, int] | None,
    ) -> int:
        return self._ask(
            arguments=[str(argument) for argument in arguments],
            cwd=str(cwd or Path.cwd()),
            env=dict(os.environ if env is None else env),
            imports=imports,
            limits=list((limits or {}).items()),
            stdout=str(stdout),
            stderr=str(stderr),
        )

    def _collect(self, pid: int) -> int:
        return self._ask(pid=pid)

    def _ask(self, **request: object) -> int:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._server.communicate()


def _serve() -> None:
    for module in sys.argv[1:] or LIBRARIES:
        import_module(module)
    if not sys.argv[1:]:
        _import_all("copytrace")
    with redirect_stdout(io.StringIO()):
        # Imports what typer needs for its first command.
        import_module("copytrace.cli.app").app(["--help"], standalone_mode=False)
    gc.freeze()  # Garbage collection would copy all memory that a child shares.
    for line in sys.stdin:
        request = json.loads(line)
        print(_wait(request["pid"]) if "pid" in request else _fork(request), flush=True)  # noqa: T201 - the answer


def _fork(request: dict[str, Any]) -> int:
    for module in request["imports"]:
        import_module(module)
    child = os.fork()
    if child == 0:
        _become_command(request)
    return child


def _wait(child: int) -> int:
    """The exit status of a command."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _import_all(package: str) -> None:
    for module in pkgutil.iter_modules(import_module(package).__path__, f"{package}."):
        # Not every extra is installed.
        with suppress(ImportError):
            if module.name not in LEFT_OUT:
                _import_all(module.name) if module.ispkg else import_module(module.name)


def _become_command(request: dict[str, Any]) -> None:
    # Nothing is left behind when the tests are interrupted.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    for number, name, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, request["stdout"], os.O_WRONLY | os.O_CREAT | os.O_APPEND),
        (2, request["stderr"], os.O_WRONLY | os.O_CREAT | os.O_APPEND),
    ):
        opened = os.open(name, flags)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = ["copytrace", *request["arguments"]]
    sys.path[0] = request["cwd"]
    for kind, most in request["limits"]:
        resource.setrlimit(kind, (most, most))
    os.execv = _become_module  # type: ignore[assignment]
    runpy.run_module("copytrace", run_name="__main__", alter_sys=True)
    sys.exit()


def _become_module(_: str, command: list[str]) -> None:
    """Instead of starting `python -m MODULE ARGUMENTS` in this process, run the module here.

    It finds the libraries imported, as in a process that gunicorn forks with `--preload`.
    """
    from django.db import connections

    connections.close_all()  # Processes must not share a connection.
    _, _, module, *arguments = command
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    _serve()
