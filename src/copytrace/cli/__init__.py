"""The command line: one file per verb, `app` puts them together."""

from __future__ import annotations

import atexit
import os
import sys


def main() -> None:
    """Run the command line; it exits 0 done, 1 failed, 2 your input, 3 missing dependency, 130 stopped."""
    # Not imported before: a worker process imports the script that began it, and has no use for the verbs.
    from copytrace.cli.app import app

    try:
        app()
    except SystemExit as end:
        if "obstore" in sys.modules and isinstance(end.code, int):
            _end_at_once(end.code)
        raise


def _end_at_once(code: int) -> None:
    """End the process without taking the interpreter down.

    The threads of obstore, which cannot be joined, may still ask for the interpreter, to let go of what they sent.
    While it is being taken down, Python before 3.14 answers by ending such a thread, and with it the process (SIGABRT):
    a download that is whole would seem to have failed. See https://github.com/python/cpython/issues/87135.
    """
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no public way
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        # Nobody reads what was said, or the disk is full: Python has its own exit status for that.
        return
    os._exit(code)
