"""Headers that tell browsers what to block, and caches what to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.http import HttpRequest, HttpResponse


def policy(connect: Sequence[str] = ()) -> str:
    """The content security policy: only the site's own scripts and styles, nothing inline, no frames.

    Args:
        connect: addresses besides the site that the page's script may connect to.
    """
    reached = " ".join(["'self'", *connect])
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
        f" connect-src {reached};"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


class SecurityHeaders:
    """Middleware that sets the content security policy and disables browser features."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Respond with the headers set."""
        response = self._get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy())
        # Public pages set their own header (see `public`); no other page may be cached, say on a shared computer.
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response
