"""The command line: one file per verb, `app` puts them together."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from contextlib import suppress


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 failed, 2 your input, 3 missing dependency, 130 interrupted.

    A signal that ends the process gives 128 plus its number, after temporary files are removed.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # `nohup` ignores SIGHUP; keep it so.
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _end)
    try:
        code = _run()
    except KeyboardInterrupt:
        # Interrupted before a verb starts, or after it ends.
        code = 128 + signal.SIGINT
    if "obstore" in sys.modules:
        _end_at_once(code)
    sys.exit(code)


def _end(number: int, _: object) -> None:
    """Exit normally, so that temporary files are removed; the exit status names the signal."""
    raise SystemExit(128 + number)


def _run() -> int:
    """Run the command line and flush its results; returns the exit status."""
    # Imported here, because worker processes import the script that started them and need no verbs.
    from copytrace.cli.app import app, report
    from copytrace.cli.terminal import escape_unprintable

    escape_unprintable()
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except SystemExit as end:
        if not isinstance(end.code, int):
            raise
        return end.code
    except OSError as error:
        return report(error)
    return 0


def _end_at_once(code: int) -> None:
    """End the process without finalising the interpreter.

    Threads of obstore cannot be joined, and may still ask for the interpreter to release objects. During finalisation,
    Python before 3.14 ends such a thread, and the process with it (SIGABRT), so that a complete download would seem to
    have failed. See https://github.com/python/cpython/issues/87135.
    """
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no public way
    with suppress(OSError):
        # Results are written already; this is the output of exit functions.
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
