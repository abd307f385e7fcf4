"""Log lines cannot be forged."""

from __future__ import annotations

import logging
import sys
from logging.config import DictConfigurator

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


def test_the_site_logs_a_name_with_a_line_break_in_one_line(settings):
    formatter = DictConfigurator({}).configure_formatter(settings.LOGGING["formatters"]["line"])
    line = formatter.format(
        logging.makeLogRecord({"msg": "refused: %s", "args": ("a.csv\n2026 ERROR forged",)})
    )
    assert line.endswith(r"refused: a.csv\x0a2026 ERROR forged")
