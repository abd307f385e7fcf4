"""Errors as pages, in words that say what to do."""

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
    """Middleware that answers what a page's service refuses; the API has answers of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page for an `InputError`; everything else is Django's to handle."""
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
        request: what was asked.
        status: of HTTP.
        what: a sentence that says what happened and what to do; the usual one of the status where it is empty.
        faults: all faults of what was sent.
        title: the usual one of the status where it is empty.
    """
    usual, advice = WORDS.get(status, (HTTPStatus(status).phrase, ""))
    content = {"status": status, "title": title or usual, "what": what or advice, "faults": faults}
    return render(request, "error.html", content, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Nothing sensible was asked."""
    del exception
    return page(request, 400)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Who asks may not."""
    return page(request, 403, str(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No page has this address."""
    del exception
    return page(request, 404)


def plain(request: HttpRequest, status: int, what: str = "") -> HttpResponse:
    """The page of an error of the site itself; nothing that may be at fault is used for it."""
    title, advice = WORDS[status]
    content = {"status": status, "title": title, "what": what or advice, "path": request.path}
    return render(None, "error_plain.html", content, status=status)


def session_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came without the mark of its session: mostly because the session is over."""
    _log.info("%s %s had no valid CSRF token: %s", request.method, request.path, reason)
    return page(
        request,
        403,
        "The page was open for too long, or your browser blocks cookies. Nothing was changed. Go back, reload the page,"
        " sign in if asked, and send the form again.",
        title="Your session has expired",
    )
