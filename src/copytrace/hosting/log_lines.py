"""Formats log records so that nothing a client sends can pass for a log record."""

from __future__ import annotations

import logging
from textwrap import indent
from typing import Any

_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
_CONTROLS_IN_LINES = {code: text for code, text in _CONTROLS.items() if chr(code) != "\n"}


class OneLine(logging.Formatter):
    """Escapes control characters; a traceback keeps its lines, indented."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        r"""The record's line.

        >>> OneLine("%(message)s").format(logging.makeLogRecord({"msg": "GET /a\n2026 ERROR"}))
        'GET /a\\x0a2026 ERROR'
        """
        return super().formatMessage(record).translate(_CONTROLS)

    def formatException(self, ei: Any) -> str:  # noqa: ANN401, N802 - logging's name and kind
        """The traceback, indented."""
        return indent(super().formatException(ei).translate(_CONTROLS_IN_LINES), "  ")
