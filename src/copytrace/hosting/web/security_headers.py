"""Headers that tell browsers what this site never does, and caches what they may keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.http import HttpRequest, HttpResponse


def policy(connect: Sequence[str] = ()) -> str:
    """No script or style but the site's own files; nothing inline, nothing from elsewhere, no frames.

    Args:
        connect: addresses that the page's script may reach besides the site itself.
    """
    reached = " ".join(["'self'", *connect])
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
        f" connect-src {reached};"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


class SecurityHeaders:
    """Middleware that sets the content security policy and switches off what browsers offer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the headers set."""
        response = self._get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy())
        # Pages for everybody say so themselves (`public`); no other may lie in a cache, on a shared computer perhaps.
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response
