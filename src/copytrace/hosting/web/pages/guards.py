"""Who may see a page."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse

from copytrace.hosting.models import Account
from copytrace.hosting.services.problems import NotAllowed

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase


def signed_in(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Give the view the account that asks, as a second argument; others sign in first and come back."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - the view's own
        if isinstance(request.user, Account):
            return view(request, request.user, *args, **kwargs)
        answer = redirect_to_login(request.get_full_path())
        if getattr(request, "htmx", False):
            # A part of a page cannot hold the login form: the whole page goes there.
            return HttpResponse(status=200, headers={"HX-Redirect": answer["Location"]})
        return answer

    return guarded


def organiser(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Give the view the organiser that asks, as a second argument.

    Raises:
        NotAllowed: the account is no organiser's.
    """

    @signed_in
    @wraps(view)
    def guarded(request: HttpRequest, account: Account, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        if not account.is_staff:
            raise NotAllowed("Only organisers may do this. Sign in with an organiser's account.")
        return view(request, account, *args, **kwargs)

    return guarded
