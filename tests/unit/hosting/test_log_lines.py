"""Lines of the log that nobody can forge."""

from __future__ import annotations

import logging
import sys

from copytrace.hosting.log_lines import OneLine


def _fail() -> None:
    raise ValueError("one\ntwo\r\x1b[2K2026 ERROR forged")


def test_a_traceback_keeps_its_lines_but_no_other_control_character():
    try:
        _fail()
    except ValueError:
        record = logging.LogRecord("site", logging.ERROR, "", 0, "failed", None, sys.exc_info())
    lines = OneLine("%(message)s").format(record).split("\n")
    assert lines[0] == "failed"
    assert lines[-2:] == ["  ValueError: one", r"  two\x0d\x1b[2K2026 ERROR forged"]
