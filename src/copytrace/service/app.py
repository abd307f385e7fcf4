"""Assembles the application."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager, closing
from typing import TYPE_CHECKING

from fastapi import FastAPI, Response

import copytrace
from copytrace.engines import available_cores
from copytrace.errors import CopytraceError
from copytrace.service import api, c2pa, pages, problems
from copytrace.service.access import Reader, Served
from copytrace.service.backend import Backend
from copytrace.service.bounds import Bounds
from copytrace.service.events import Events
from copytrace.service.metrics import CONTENT_TYPE
from copytrace.service.middleware import BoundedBody, Counted, Secured
from copytrace.service.tokens import TokenFile
from copytrace.service.watch import Watcher

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from copytrace.service.watch import Watch

EVENTS = "events.sqlite"
"""The log of a watched folder, in the library's folder."""


def create_app(
    library: Path,
    *,
    tokens: Path | None = None,
    watch: Watch | None = None,
    manifests: Path | None = None,
    bounds: Bounds | None = None,
    workers: int | None = None,
) -> FastAPI:
    """The application for a library; any ASGI server can run it, in one process.

    Args:
        library: its folder.
        tokens: a file of tokens; without it, anyone who can reach the service may use it, under loopback host names
            only.
        watch: a folder to watch.
        manifests: a folder of C2PA manifest stores; see `c2pa.manifest_name`.
        bounds: limits for requests.
        workers: processes for lookups; all cores by default.

    Raises:
        InputError: there is no library, or the token file cannot be used.
        CopytraceError: a file of the library is missing or damaged, or its model is not available.
    """
    backend = Backend(library, bounds or Bounds(), workers or available_cores())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as running:
            try:
                await backend.start()
            except CopytraceError as error:
                app.state.failure = error
                raise
            running.push_async_callback(backend.stop)
            app.state.events = running.enter_context(closing(Events(backend.path / EVENTS)))
            if watch is not None:
                watcher = Watcher(watch, backend, app.state.events)
                watcher.start()
                running.push_async_callback(watcher.stop)
            yield

    app = FastAPI(
        title="copytrace library",
        version=copytrace.__version__,
        summary="Tells whether a picture is a copy of one of yours.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.backend = backend
    app.state.failure = None
    app.state.tokens = None if tokens is None else TokenFile(tokens)
    app.state.manifests = manifests
    problems.add_handlers(app)
    app.include_router(api.router)
    app.include_router(c2pa.router)
    app.include_router(pages.router)
    _add_health(app)
    app.add_middleware(BoundedBody, bounds=backend.bounds)
    app.add_middleware(Secured, open_to_all=tokens is None)
    app.add_middleware(Counted, metrics=backend.metrics)
    return app


def _add_health(app: FastAPI) -> None:
    @app.get("/livez", tags=["Health"])
    async def livez() -> dict[str, str]:
        """Report that the process responds."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["Health"])
    async def readyz(backend: Served) -> dict[str, str]:
        """Report whether lookups are answered (503 if not)."""
        if not backend.is_ready:
            raise problems.Problem(503, "The service is stopping.", headers={"Retry-After": "1"})
        await backend.read(len)
        return {"status": "ok"}

    @app.get("/metrics", tags=["Health"], response_class=Response)
    async def metrics(backend: Served, _: Reader) -> Response:
        """Metrics for Prometheus."""
        items, reviews = await backend.read(lambda library: (len(library), library.count_reviews()))
        gauges = {
            "copytrace_items": ("Items that can be found.", items),
            "copytrace_reviews": ("Matches that await a decision.", reviews),
            "copytrace_lookups_inside": ("Lookups received, waiting or running.", backend.lookups.inside),
            "copytrace_writes_inside": ("Changes received, waiting or running.", backend.writes.inside),
        }
        return Response(backend.metrics.text(gauges), headers={"Content-Type": CONTENT_TYPE})
