"""The gunicorn worker of the site: slow clients wait on the event loop, not on a thread.

gunicorn's own threaded worker gives a connection to a thread at its first byte; a few dozen connections that send a
byte now and then occupy all threads.
"""

from __future__ import annotations

import errno
import socket
import time
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from typing import TYPE_CHECKING

from gunicorn.http.parser import RequestParser
from gunicorn.workers.gthread import ThreadWorker

if TYPE_CHECKING:
    from concurrent.futures import Future

    from _typeshed import ReadableBuffer
    from gunicorn.http.message import Request
    from gunicorn.workers.gthread import TConn

HEAD_SECONDS = 10
"""Seconds after which a request with an incomplete head is dropped."""

LONGEST_HEAD = 1 << 16
"""Bytes to examine; a thread refuses a longer head."""

LOOK_SECONDS = 0.1
"""Seconds between checks of incomplete heads."""

WINDOW_SECONDS = 20
SLOWEST = 4096
"""Minimum bytes per second in each `WINDOW_SECONDS` that a thread waits for a body; slower clients are cut off."""

SEND_SECONDS = 60
"""Seconds within which a client must accept a piece of a response, or be cut off."""


LINGER_SECONDS = 2
"""Seconds to wait before closing a connection: data still arriving would reset it, and the response would be lost."""


class PacedSocket(socket.socket):
    """A client's connection that never keeps a thread waiting long."""

    def begin(self) -> None:
        """Begin a request."""
        self._waited, self._arrived, self._waits = 0.0, 0, True

    def end(self) -> None:
        """End a request: do not wait for the rest of its body."""
        self._waits = False

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Read available data, or wait for it while the client is fast enough.

        Raises:
            ConnectionResetError: the client is too slow.
        """
        while True:
            if self._waited >= WINDOW_SECONDS:
                self._waits &= self._arrived >= SLOWEST * WINDOW_SECONDS
                self._waited, self._arrived = 0.0, 0
            self.settimeout(WINDOW_SECONDS - self._waited if self._waits else 0)
            begun = time.monotonic()
            try:
                found = super().recv(size, flags)
            except TimeoutError:
                # The window has ended: what arrived in it decides.
                continue
            except BlockingIOError as error:
                raise ConnectionResetError(errno.ECONNRESET, "the client is too slow") from error
            finally:
                self._waited += time.monotonic() - begun
            self._arrived += len(found)
            return found

    def sendall(self, data: ReadableBuffer, flags: int = 0, /) -> None:
        """Send everything, or give up on the client."""
        self.settimeout(SEND_SECONDS)
        super().sendall(data, flags)

    def head_is_here(self) -> bool:
        """Whether the head of a request has arrived, or nothing more will."""
        self.settimeout(0)
        try:
            found = super().recv(LONGEST_HEAD, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return not found or b"\r\n\r\n" in found or len(found) == LONGEST_HEAD

    def has_ended(self) -> bool:
        """Whether the client has closed its side; drops what it still sent."""
        self.settimeout(0)
        try:
            return not super().recv(1 << 20)
        except BlockingIOError:
            return False
        except OSError:
            return True


def _paced(conn: TConn) -> PacedSocket:
    if not isinstance(conn.sock, PacedSocket):
        conn.sock = PacedSocket(fileno=conn.sock.detach())
    return conn.sock


class Worker(ThreadWorker):
    """Gives a connection to a thread once the whole head of a request has arrived; closes it without waiting."""

    def init_process(self) -> None:
        """Start with no connections."""
        self._expected: dict[TConn, float] = {}
        self._begun: set[TConn] = set()
        self._closing: dict[TConn, float] = {}
        self._looked = 0.0
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Pass a connection on as soon as the head of its request has arrived."""
        _paced(conn).begin()
        read_ahead = isinstance(conn.parser, RequestParser) and conn.parser.unreader.buf.getvalue()
        if read_ahead or _paced(conn).head_is_here():
            self._hand_over(conn)
            return
        self._expected[conn] = time.monotonic() + HEAD_SECONDS
        self.poller.register(conn.sock, EVENT_READ, partial(self._on_first_bytes, conn))

    def handle_request(self, req: Request, conn: TConn) -> bool:
        """Handle a request, in a thread."""
        keep = super().handle_request(req, conn)
        _paced(conn).end()
        return keep

    def finish_request(self, conn: TConn, fs: Future[bool]) -> None:
        """Keep a connection or start closing it; gunicorn's own method makes the event loop wait for the client."""
        if fs.cancelled() or fs.exception() is not None or fs.result() is not False:
            super().finish_request(conn, fs)
            return
        with suppress(OSError):
            conn.sock.shutdown(socket.SHUT_WR)
        self._closing[conn] = time.monotonic() + LINGER_SECONDS

    def wait_for_and_dispatch_events(self, timeout: float | None) -> None:
        """Wait for events; check separately, at intervals, the connections that the poller would report constantly."""
        looks = self._begun or self._closing
        super().wait_for_and_dispatch_events(LOOK_SECONDS if looks else timeout)
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self._looked = time.monotonic()
            self._look_at_expected()
            self._look_at_closing()

    def _on_first_bytes(self, conn: TConn, _: object) -> None:
        self.poller.unregister(conn.sock)
        if _paced(conn).head_is_here():
            del self._expected[conn]
            self._hand_over(conn)
        else:
            self._begun.add(conn)

    def _look_at_expected(self) -> None:
        for conn, deadline in list(self._expected.items()):
            if conn in self._begun and _paced(conn).head_is_here():
                self._forget(conn)
                self._hand_over(conn)
            elif self._looked > deadline or not self.alive:
                self._forget(conn)
                self._close(conn)

    def _look_at_closing(self) -> None:
        for conn, deadline in list(self._closing.items()):
            if self._looked > deadline or not self.alive or _paced(conn).has_ended():
                del self._closing[conn]
                self._close(conn)

    def _forget(self, conn: TConn) -> None:
        del self._expected[conn]
        if conn in self._begun:
            self._begun.remove(conn)
        else:
            self.poller.unregister(conn.sock)

    def _close(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()

    def _hand_over(self, conn: TConn) -> None:
        conn.data_ready = True
        super().enqueue_req(conn)
