"""The signed-in person, on pages and in the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest

    from copytrace.hosting.models import Account


def signed_in_as(request: HttpRequest) -> Account | None:
    """The account of the session, if someone is signed in."""
    return request.user if request.user.is_authenticated else None
