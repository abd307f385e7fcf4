"""Returns every error as a problem (RFC 9457): a title, the status, and a sentence that says what to do."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpResponse
from ninja.errors import AuthenticationError, AuthorizationError, HttpError, ValidationError

from copytrace.errors import InputError, SubmissionError
from copytrace.hosting.services.outages import outage_of
from copytrace.hosting.services.problems import Problem

if TYPE_CHECKING:
    from django.http import HttpRequest
    from ninja import NinjaAPI

_log = logging.getLogger(__name__)

TITLES = {401: "Unauthorized", 403: "Not allowed", 404: "Not found", 429: "Too many requests"}


def problem(status: int, title: str, detail: str, **more: Any) -> HttpResponse:  # noqa: ANN401 - JSON values
    """A response of type application/problem+json."""
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return HttpResponse(json.dumps(content), status=status, content_type="application/problem+json")


def of_problem(error: Problem) -> HttpResponse:
    """A service's refusal as a response."""
    answer = problem(error.status, error.title, str(error))
    for name, value in error.headers.items():
        answer.headers[name] = value
    return answer


def add_handlers(api: NinjaAPI) -> None:
    """Make the API return every error as a problem."""
    api.add_exception_handler(InputError, _input)
    api.add_exception_handler(ValidationError, _validation)
    api.add_exception_handler(HttpError, _http)
    api.add_exception_handler(Http404, _missing)
    api.add_exception_handler(SuspiciousOperation, _suspicious)
    api.add_exception_handler(AuthenticationError, _unknown)
    api.add_exception_handler(AuthorizationError, _http)
    api.add_exception_handler(Exception, _unforeseen)


def _input(_: HttpRequest, error: Any) -> HttpResponse:  # noqa: ANN401 - of the kind that it is added for
    if isinstance(error, Problem):
        return of_problem(error)
    faults = list(error.faults) if isinstance(error, SubmissionError) else [str(error)]
    return problem(422, "Invalid input", str(error), faults=faults)


def _validation(_: HttpRequest, error: Any) -> HttpResponse:  # noqa: ANN401 - of the kind that it is added for
    found = error.errors if isinstance(error, ValidationError) else []
    faults = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found]
    return problem(422, "Invalid input", " ".join(faults), faults=faults)


def _http(_: HttpRequest, error: Any) -> HttpResponse:  # noqa: ANN401 - of the kind that it is added for
    # Ninja has one message for every malformed body; the parser's own message is the cause of its error.
    if isinstance(error.__cause__, Problem):
        return of_problem(error.__cause__)
    status = error.status_code if isinstance(error, HttpError) else 400
    return problem(status, TITLES.get(status, "Bad request"), str(error))


def _suspicious(_: HttpRequest, error: Any) -> HttpResponse:  # noqa: ANN401 - of the kind that it is added for
    status = 413 if isinstance(error, RequestDataTooBig) else 400
    return problem(status, "Bad request", str(error) or "The request is malformed.")


def _missing(_: HttpRequest, error: Any) -> HttpResponse:  # noqa: ANN401 - of the kind that it is added for
    return problem(404, TITLES[404], str(error) or "Not found.")


def _unknown(_: HttpRequest, error: Any) -> HttpResponse:  # noqa: ANN401 - of the kind that it is added for
    del error
    answer = problem(
        401, TITLES[401], "Send a token: Authorization: Bearer ct_... (create one with copytrace login)."
    )
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _unforeseen(request: HttpRequest, error: Any) -> HttpResponse:  # noqa: ANN401 - of the kind that it is added for
    if (outage := outage_of(error)) is not None:
        return of_problem(outage)
    _log.error("%s %s failed", request.method, request.path, exc_info=error)
    return mistake()


def mistake() -> HttpResponse:
    """The response if the host is at fault."""
    return problem(500, "Internal error", "The error has been logged. Try again later.")
