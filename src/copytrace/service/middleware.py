"""Applies to every request: limits its body, counts it, and sets security headers on its response."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

from copytrace.service.problems import Problem, problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from copytrace.service.bounds import Bounds
    from copytrace.service.metrics import Metrics

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing inline and nothing from elsewhere; pictures may also be ones that a page fetched or the user chose."""

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_METHODS = {"DELETE", "GET", "POST"}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class BoundedBody:
    """Refuses bodies that are too large or too slow, without storing them."""

    def __init__(self, app: ASGIApp, bounds: Bounds) -> None:
        self._app = app
        self._bounds = bounds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting the bytes it receives."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isdecimal() and int(declared) > self._bounds.body:
            await problem(413, self._too_long())(scope, receive, send)
            return
        received, whole = 0, False
        deadline = asyncio.get_running_loop().time() + self._bounds.seconds

        async def bounded() -> Message:
            nonlocal received, whole
            if whole:
                # A handler that keeps listening learns when the client disconnects.
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError as error:
                raise Problem(408, f"The body took longer than {self._bounds.seconds:g} seconds.") from error
            received += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if received > self._bounds.body:
                raise Problem(413, self._too_long())
            return message

        await self._app(scope, bounded, send)

    def _too_long(self) -> str:
        return f"The body is larger than {self._bounds.body:,} bytes."


class Counted:
    """Counts requests by their routes."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, measuring its duration."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, begun = 500, time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            # Strangers must not create new time series: all unknown addresses count as one route.
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.observe(method, route, status, time.perf_counter() - begun)


class Secured:
    """Sets security headers, and protects a service without tokens from pages of other sites.

    Without tokens, anyone who can reach the service may use it. It listens on loopback only, but a page of another site
    in a browser on this machine can reach that too, under its own name (DNS rebinding) or by cross-site requests.
    """

    def __init__(self, app: ASGIApp, *, open_to_all: bool) -> None:
        self._app = app
        self._open = open_to_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless a page of another site sent it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(Headers(scope=scope))
        if refusal is not None:
            await problem(403, refusal)(scope, receive, secured)
        else:
            await self._app(scope, receive, secured)

    def _refusal(self, headers: Headers) -> str | None:
        if not self._open:
            return None
        host = headers.get("host", "")
        name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
        if name.strip("[]") not in _LOOPBACK:
            return f"This service answers to the host names localhost and 127.0.0.1, not {host!r}."
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != host:
            return "Pages of other sites cannot use this service."
        return None
