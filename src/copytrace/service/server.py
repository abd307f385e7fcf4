"""Runs the service with uvicorn until it is stopped."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING

import uvicorn

from copytrace.errors import InputError, printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

LOOPBACK = ("127.0.0.1", "::1", "localhost")
CONNECTIONS = 512
"""Connections at once; further ones get 503."""
GRACE = 30
"""Seconds that open requests may take after the service receives the signal to stop."""

_UVICORN = logging.getLogger("uvicorn.error")


class _OneLine(logging.Formatter):
    """Escapes control characters, so that nothing a client sends can pass for a log line of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        return printable(super().formatMessage(record))


def listen(host: str, port: int) -> socket.socket:
    """Listen on a port; 0 for any free one.

    Raises:
        InputError: the address is not one of this machine, or the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise InputError(
            f"Cannot listen on {host}, port {port}: {error.strerror}. Choose another one: --host, --port"
        ) from error


def run(app: FastAPI, listening: socket.socket, on_start: Callable[[], None] = lambda: None) -> None:
    """Serve requests until SIGINT or SIGTERM; accepted requests are finished first.

    Raises:
        CopytraceError: the application could not start.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("copytrace.service").setLevel(logging.INFO)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=GRACE,
        lifespan="on",
    )
    server = _Announced(config, on_start)
    # A failed start is reported below, without a traceback.
    _UVICORN.setLevel(logging.CRITICAL)
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        # uvicorn raises the signal again after it has stopped.
        return
    except SystemExit:
        if app.state.failure is None:
            raise
    if app.state.failure is not None:
        raise app.state.failure


class _Announced(uvicorn.Server):
    """Reports when it has started."""

    def __init__(self, config: uvicorn.Config, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_start = on_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; see `uvicorn.Server`."""
        await super().startup(sockets)
        if self.started:
            _UVICORN.setLevel(logging.WARNING)
            self._on_start()
