"""Runs the command line in processes forked from one that has already imported the libraries.

Importing them takes a new process about a second, and the tests run hundreds of commands. A forked process has its own
folder, environment, limits, output and exit status, and ends like any other. Tests of start-up and signals start a new
process instead.
"""

from __future__ import annotations

import gc
import io
import json
import os
import pkgutil
import resource
import runpy
import subprocess
import sys
from contextlib import redirect_stdout, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Run = subprocess.CompletedProcess[str]

LIBRARIES = ("cv2", "h5py", "numba", "obstore.store", "onnxruntime", "pyarrow.csv", "pyarrow.parquet", "yaml")
"""What commands import late; the modules of copytrace import the rest."""

LEFT_OUT = ("copytrace.__main__", "copytrace.hosting", "copytrace.training")
"""Modules that need Django's settings or torch, or run something when imported."""


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
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        request = {
            "arguments": [str(argument) for argument in arguments],
            "cwd": str(cwd or Path.cwd()),
            "env": dict(os.environ if env is None else env),
            "imports": imports,
            "limits": list((limits or {}).items()),
            "stdout": str(self.folder / "stdout"),
            "stderr": str(self.folder / "stderr"),
        }
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        code = int(self._server.stdout.readline())
        stdout, stderr = ((self.folder / name).read_text() for name in ("stdout", "stderr"))
        return Run(["copytrace", *request["arguments"]], code, stdout, stderr)

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
        for module in request["imports"]:
            import_module(module)
        child = os.fork()
        if child == 0:
            _become_command(request)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - the answer to the request


def _import_all(package: str) -> None:
    for module in pkgutil.iter_modules(import_module(package).__path__, f"{package}."):
        # Not every extra is installed.
        with suppress(ImportError):
            if module.name not in LEFT_OUT:
                _import_all(module.name) if module.ispkg else import_module(module.name)


def _become_command(request: dict[str, Any]) -> None:
    for number, name, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, request["stdout"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (2, request["stderr"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
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
    runpy.run_module("copytrace", run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    _serve()
