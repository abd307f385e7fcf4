"""Answers from memory what everybody may see, until something that it shows has changed."""

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
"""What the public pages read of a query."""

_drawing = Lock()
"""One thread draws what is missing, while others wait for it rather than draw the same."""


@dataclass(frozen=True)
class Kept:
    """An answer as it is kept."""

    content: bytes
    headers: Mapping[str, str]
    etag: str

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, or 304 for clients that already have it."""
        found = HttpResponse(self.content, headers=dict(self.headers))
        # Caches may keep it, but must revalidate it; people who are signed in get pages of their own.
        found.headers["Cache-Control"] = "public, no-cache"
        found.headers["ETag"] = self.etag
        patch_vary_headers(found, ("Cookie",))
        return get_conditional_response(request, etag=self.etag, response=found) or found


def public(view: Callable[..., Any]) -> Callable[..., Any]:
    """Draw a page once in an edition for all who are not signed in."""

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
                # A thread that had to wait takes what another has drawn, unless it is older than the request.
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
    """Whether somebody may be signed in, or is to be told something."""
    return bool({settings.SESSION_COOKIE_NAME, "messages"} & request.COOKIES.keys())


def _can_be_kept(request: HttpRequest, answer: HttpResponseBase) -> bool:
    """Whether it is a whole page without a form, since each visitor's form has a mark of its own."""
    return answer.status_code == 200 and not answer.cookies and "CSRF_COOKIE_NEEDS_UPDATE" not in request.META  # noqa: PLR2004


def _keep(answer: HttpResponseBase) -> Kept:
    content = b"".join(answer)  # also of one that is sent in pieces
    return Kept(content, dict(answer.items()), f'"{hashlib.sha256(content).hexdigest()[:32]}"')
