"""Serves public pages from memory until something they show changes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import wraps
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

from copytrace.hosting.services import edition

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

PARAMETERS = ("board", "page", "limit", "offset")
"""The query parameters that public pages read."""

_drawing = Lock()
"""One thread renders a missing page, while others wait for it instead of rendering the same."""


@dataclass(frozen=True)
class Kept:
    """A cached response."""

    content: bytes
    headers: Mapping[str, str]
    etag: str

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        """The response, or 304 for clients that already have it."""
        found = HttpResponse(self.content, headers=dict(self.headers))
        # Caches may keep it, but must revalidate it; signed-in people get their own pages.
        found.headers["Cache-Control"] = "public, no-cache"
        found.headers["ETag"] = self.etag
        patch_vary_headers(found, ("Cookie",))
        return get_conditional_response(request, etag=self.etag, response=found) or found


def public(view: Callable[..., Any]) -> Callable[..., Any]:
    """Render a page once per edition for everyone not signed in."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the view's own
        if _is_personal(request):
            return view(request, *args, **kwargs)
        query = urlencode([(name, request.GET[name]) for name in PARAMETERS if name in request.GET])
        page = (request.path, query)
        asked_in = edition.current()
        kept: Kept | None = edition.recall(page, asked_in)
        if kept is None:
            with _drawing:
                # A thread that had to wait uses the page another has rendered, unless it is older than the request.
                kept = edition.recall(page, asked_in)
                if kept is None:
                    drawn_in = edition.current()
                    answer = view(request, *args, **kwargs)
                    if not _can_be_kept(request, answer):
                        return answer
                    kept = _keep(answer)
                    edition.keep(page, drawn_in, kept)
        return kept.answer(request)

    return answered


def _is_personal(request: HttpRequest) -> bool:
    """Whether someone may be signed in, or has a message to see."""
    return bool({settings.SESSION_COOKIE_NAME, "messages"} & request.COOKIES.keys())


def _can_be_kept(request: HttpRequest, answer: HttpResponseBase) -> bool:
    """Whether it is a complete page without a form, since each visitor's form has its own CSRF token."""
    return answer.status_code == 200 and not answer.cookies and "CSRF_COOKIE_NEEDS_UPDATE" not in request.META  # noqa: PLR2004


def _keep(answer: HttpResponseBase) -> Kept:
    content = b"".join(answer)  # also for one sent in chunks
    return Kept(content, dict(answer.items()), f'"{hashlib.sha256(content).hexdigest()[:32]}"')
