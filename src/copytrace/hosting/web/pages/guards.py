"""Access control for pages."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from copytrace.hosting.services import challenges
from copytrace.hosting.services.problems import NotAllowed
from copytrace.hosting.web.pages.frame import part_of
from copytrace.hosting.web.people import signed_in_as

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from copytrace.hosting.models import Account, Challenge, Participant


def signed_in(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Pass the signed-in account to the view as second argument; others sign in first and return."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - the view's own
        account = signed_in_as(request)
        if account is not None:
            return view(request, account, *args, **kwargs)
        answer = redirect_to_login(request.get_full_path())
        if getattr(request, "htmx", False):
            # A fragment of a page cannot show the login form: redirect the whole page.
            return HttpResponse(status=200, headers={"HX-Redirect": answer["Location"]})
        return answer

    return guarded


def participant(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Pass the challenge and the account's participation to the view; others join first and return."""

    @signed_in
    @wraps(view)
    def guarded(
        request: HttpRequest,
        account: Account,
        slug: str,
        **kwargs: Any,  # noqa: ANN401 - the view's own
    ) -> HttpResponseBase:
        del account
        challenge = challenges.find(slug)
        me = part_of(request, challenge)
        if me is None or me.rules_version != challenge.rules_version:
            query = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
            return redirect(f"{reverse('challenge-join', args=[slug])}?{query}")
        return view(request, challenge, me, **kwargs)

    return guarded


def team_member(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """As `participant`, with the team as a further argument; those without a team create or join one first."""

    @participant
    @wraps(view)
    def guarded(
        request: HttpRequest,
        challenge: Challenge,
        me: Participant,
        *args: Any,  # noqa: ANN401 - the view's own
        **kwargs: Any,  # noqa: ANN401
    ) -> HttpResponseBase:
        if me.team is None:
            messages.info(request, "Create a team first (a team of one is fine), or join one.")
            return redirect("challenge-team", challenge.slug)
        return view(request, challenge, me, me.team, *args, **kwargs)

    return guarded


def organiser(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Pass the signed-in organiser to the view as second argument.

    Raises:
        NotAllowed: the account is not an organiser's.
    """

    @signed_in
    @wraps(view)
    def guarded(request: HttpRequest, account: Account, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        if not account.is_staff:
            raise NotAllowed("Only organisers can do this. Sign in with an organiser account.")
        return view(request, account, *args, **kwargs)

    return guarded
