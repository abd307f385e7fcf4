"""Errors as responses: `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from copytrace.engines.limited import LimitedError, OvertimeError
from copytrace.errors import CopytraceError, InputError, LockedError
from copytrace.library import ItemExistsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI, Request

_LOG = logging.getLogger("copytrace.service")

_LATER = {"Retry-After": "5"}


class Problem(HTTPException):
    """A request that failed."""


def add_handlers(app: FastAPI) -> None:
    """Report all errors as problems."""
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(CopytraceError, _on_copytrace)
    app.add_exception_handler(TimeoutError, _on_timeout)
    app.add_exception_handler(Exception, _on_any)


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A problem as a response."""
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def _on_http(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    return problem(error.status_code, error.detail, error.headers)


def _on_validation(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
    return problem(422, "; ".join(faults))


def _on_copytrace(_: Request, error: Exception) -> JSONResponse:
    match error:
        case ItemExistsError():
            return problem(409, str(error))
        case LockedError():
            return problem(503, "Another process is changing the library. Try again later.", _LATER)
        case OvertimeError():
            _LOG.warning("A request %s.", error)
            return problem(
                503,
                f"The request {error}. The machine may be busy, or the image or the library very large."
                " Try again later.",
                _LATER,
            )
        case LimitedError():
            return problem(422, f"The request cannot be read: the process that read it {error}.")
        case InputError():
            return problem(422, str(error))
    _LOG.error("%s", error)
    return problem(500, str(error))


def _on_timeout(_: Request, __: Exception) -> JSONResponse:
    return problem(503, "The request took too long. Try again later.", _LATER)


def _on_any(_: Request, __: Exception) -> JSONResponse:
    # Starlette logs the traceback itself.
    return problem(500, "Internal error; see the log of the service.")
