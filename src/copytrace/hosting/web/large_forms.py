"""Refuses large forms of people who are not signed in, before anything of them is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from copytrace.hosting.web.pages import problems
from copytrace.hosting.web.pages.tags import size
from copytrace.hosting.web.people import signed_in_as

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


class LargeForms:
    """Middleware: Django writes a form's files to the disk before any view can ask who sends them.

    The length is what the request says; a server passes no more than that on.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or refuse with 413."""
        most, length = settings.DATA_UPLOAD_MAX_MEMORY_SIZE, int(request.headers.get("Content-Length") or 0)
        # Who asks is looked up for large forms alone.
        large = length > most and request.content_type == "multipart/form-data"
        if large and signed_in_as(request) is None:
            return problems.page(
                request,
                413,
                f"You are not signed in, and what you sent has {size(length)}; {size(most)} are the most then."
                " Sign in, and send it again.",
            )
        return self._get_response(request)
