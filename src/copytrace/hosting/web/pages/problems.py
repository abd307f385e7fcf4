"""Error pages that say what to do."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.shortcuts import render

from copytrace.errors import InputError, SubmissionError
from copytrace.hosting.services.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.http import HttpRequest, HttpResponse

_log = logging.getLogger(__name__)

WORDS = {
    400: ("Bad request", "Go back and try again. If you followed a link, it may be incomplete."),
    403: ("Access denied", "Sign in with an account that has access, or ask the organisers."),
    404: ("Page not found", "Check the address, or start from the list of challenges."),
    409: ("Not possible right now", ""),
    413: ("The file is too large", ""),
    422: ("Invalid input", ""),
    429: ("Too many requests", "Wait a few minutes, then try again. Nothing you sent before is lost."),
    500: ("Something went wrong", "The error has been logged. Try again in a few minutes."),
    503: ("Temporarily unavailable", ""),
    507: ("No disk space left", ""),
}


class ProblemPages:
    """Middleware that shows a page when a service refuses; the API has its own responses."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page for an `InputError`; Django handles everything else."""
        if not isinstance(error, InputError):
            return None
        status = error.status if isinstance(error, Problem) else 422
        faults = list(error.faults) if isinstance(error, SubmissionError) else []
        return page(request, status, "" if faults else str(error), faults)


def page(
    request: HttpRequest, status: int, what: str = "", faults: Sequence[str] = (), title: str = ""
) -> HttpResponse:
    """The page of an error.

    Args:
        request: the request.
        status: HTTP status.
        what: a sentence that says what happened and what to do; if empty, the usual one for the status.
        faults: all faults of the input.
        title: heading; if empty, the usual one for the status.
    """
    usual, advice = WORDS.get(status, (HTTPStatus(status).phrase, ""))
    content = {"status": status, "title": title or usual, "what": what or advice, "faults": faults}
    return render(request, "error.html", content, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page for a bad request."""
    del exception
    return page(request, 400)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page for a request that is not allowed."""
    return page(request, 403, str(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page for an unknown address."""
    del exception
    return page(request, 404)


def plain(request: HttpRequest, status: int, what: str = "") -> HttpResponse:
    """The page for an internal error; it uses nothing that may have failed."""
    title, advice = WORDS[status]
    content = {"status": status, "title": title, "what": what or advice, "path": request.path}
    return render(None, "error_plain.html", content, status=status)


def session_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without a valid CSRF token, usually because the session has expired."""
    _log.info("%s %s had no valid CSRF token: %s", request.method, request.path, reason)
    return page(
        request,
        403,
        "The page was open for too long, or your browser blocks cookies. Nothing was changed. Go back, reload the page,"
        " sign in if asked, and send the form again.",
        title="Your session has expired",
    )
