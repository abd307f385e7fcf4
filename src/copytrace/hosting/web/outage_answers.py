"""Reports a full disk, an unreachable database, and bugs, as a page or an API response."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from copytrace.hosting.services.outages import full_disk, outage_of
from copytrace.hosting.web.api import errors
from copytrace.hosting.web.pages import problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.services.problems import Problem

_WRITING = ("POST", "PUT", "PATCH")


class OutageAnswers:
    """Middleware that refuses writing requests while the disk is full, and explains database failures."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Respond, or refuse with 507."""
        found = full_disk() if request.method in _WRITING else None
        return self._get_response(request) if found is None else answer_of(request, found)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The response if the database is at fault; Django handles everything else."""
        found = outage_of(error)
        return None if found is None else answer_of(request, found)


def mistake(request: HttpRequest) -> HttpResponse:
    """The response to an error that nothing else has handled, perhaps in a middleware."""
    found = outage_of(sys.exc_info()[1])
    if found is not None:
        return answer_of(request, found)
    if _is_of_the_api(request):
        return errors.mistake()
    return problems.plain(request, 500)


def answer_of(request: HttpRequest, problem: Problem) -> HttpResponse:
    """A problem as a page or an API response."""
    if _is_of_the_api(request):
        return errors.of_problem(problem)
    answer = problems.plain(request, problem.status, str(problem))
    for name, value in problem.headers.items():
        answer.headers[name] = value
    return answer


def _is_of_the_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
