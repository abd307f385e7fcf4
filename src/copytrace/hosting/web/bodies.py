"""Decides whether to read the body of a request, before reading any of it: limits slow and large bodies.

A thread that waits for a client cannot serve others. So the number of uploads and forms being read is limited to fewer
than there are threads; a client that finds no free place must try again.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest, UnreadablePostError
from django.urls import Resolver404, resolve
from ninja.throttling import BaseThrottle

from copytrace.hosting.services import uploads
from copytrace.hosting.services.problems import Busy, Problem
from copytrace.hosting.web.outage_answers import answer_of
from copytrace.hosting.web.pages import problems
from copytrace.hosting.web.pages.tags import size
from copytrace.hosting.web.people import signed_in_as

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from django.http import HttpResponse

TAKES_FILES = {"challenge-submit-to"}
"""The pages with a file in their form."""


_UPLOADS = "/api/v1/uploads/"
"""Requests below this path are uploads, which have their own places."""


class Places:
    """Limits how many requests of one kind are read at once, in total and per client."""

    def __init__(self, most: int, most_each: int) -> None:
        self._most, self._most_each = most, most_each
        self._taken: Counter[Hashable] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def take(self, client: Hashable) -> Iterator[None]:
        """Hold a place during the block.

        Raises:
            Busy: no place is free.
        """
        with self._lock:
            if self._taken.total() >= self._most:
                raise Busy("The host is receiving too many files or forms. Try again in a few seconds.")
            if self._taken[client] >= self._most_each:
                raise Busy(
                    f"The host is already receiving {self._most_each} files or forms from you. Wait for one to finish."
                )
            self._taken[client] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[client] -= 1
                if not self._taken[client]:
                    del self._taken[client]


uploading = Places(max(1, settings.WEB_THREADS // 2), settings.UPLOADS_AT_ONCE)
_FORMS = max(1, settings.WEB_THREADS // 4)
_reading = Places(_FORMS, max(2, _FORMS // 2))
"""No address can hold all places. Many people may share one, so each gets at least two."""


class Bodies:
    """Middleware that reads small bodies in full, and accepts large ones only where a file is expected.

    Django writes a form's files to disk before a view can check who sent them. The declared length is reliable: the
    server passes on no more than that.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Respond, or refuse with 413, 429, 503 or 507."""
        length = int(request.headers.get("Content-Length") or 0)
        if not length or (request.method == "PATCH" and request.path_info.startswith(_UPLOADS)):
            return self._get_response(request)
        try:
            if length <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
                with _reading.take(BaseThrottle().get_ident(request)):
                    request.body  # noqa: B018 - reads it
            elif request.content_type == "multipart/form-data":
                return self._take_file(request, length)
        except UnreadablePostError:
            return problems.plain(request, 400)
        except Problem as problem:
            return answer_of(request, problem)
        return self._get_response(request)

    def _take_file(self, request: HttpRequest, length: int) -> HttpResponse:
        account, most = signed_in_as(request), size(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        if account is None:
            return problems.page(
                request,
                413,
                f"You sent {size(length)}, but visitors who are not signed in can send at most {most}."
                " Sign in and try again.",
            )
        if not _takes_files(request):
            return problems.page(request, 413, f"This page does not accept files; the limit is {most}.")
        uploads.require_room(account, length)
        with uploading.take(account.pk):
            return self._get_response(request)


def _takes_files(request: HttpRequest) -> bool:
    try:
        return resolve(request.path_info).url_name in TAKES_FILES
    except Resolver404:
        return False
