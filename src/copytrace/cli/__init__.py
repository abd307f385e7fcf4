"""The command line: one file per verb, `app` puts them together."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from contextlib import suppress


def main() -> None:
    """Run the command line; it exits 0 done, 1 failed, 2 your input, 3 missing dependency, 130 stopped.

    A signal that ends it gives 128 and its number, after temporary files are removed.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # `nohup` has SIGHUP ignored, and so it stays.
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _end)
    try:
        code = _run()
    except KeyboardInterrupt:
        # Before a verb has begun, or after it has ended.
        code = 128 + signal.SIGINT
    if "obstore" in sys.modules:
        _end_at_once(code)
    sys.exit(code)


def _end(number: int, _: object) -> None:
    """End in order, so that temporary files go; the exit status says which signal it was."""
    raise SystemExit(128 + number)


def _run() -> int:
    """What the command line says, written out to the end; the exit status."""
    # Not imported before: a worker process imports the script that began it, and has no use for the verbs.
    from copytrace.cli.app import app, report

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
    """End the process without taking the interpreter down.

    The threads of obstore, which cannot be joined, may still ask for the interpreter, to let go of what they sent.
    While it is being taken down, Python before 3.14 answers by ending such a thread, and with it the process (SIGABRT):
    a download that is whole would seem to have failed. See https://github.com/python/cpython/issues/87135.
    """
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no public way
    with suppress(OSError):
        # Results are written by now: this is what exit functions said.
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
