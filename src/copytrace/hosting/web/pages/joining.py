"""Joining a challenge: accept the rules, and declare your country and that you are of age."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods
from django_countries import countries

from copytrace.hosting.services import challenges, participation
from copytrace.hosting.services.problems import Problem
from copytrace.hosting.web.pages.frame import frame
from copytrace.hosting.web.pages.guards import signed_in

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Account, Challenge


def _countries() -> list[tuple[str, str]]:
    return [("", "Choose a country"), *((code, str(name)) for code, name in countries)]


class JoinForm(forms.Form):
    """What a participant declares and accepts."""

    country = forms.ChoiceField(label="Country", help_text="Where you legally reside.", choices=_countries)
    of_age = forms.BooleanField(required=False)
    accept = forms.BooleanField(required=False)
    rules_version = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, challenge: Challenge, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - a form's own
        super().__init__(*args, **kwargs)
        self.fields[
            "of_age"
        ].label = f"I am at least {challenge.minimum_age} years old and of the age of majority where I live."
        self.fields["accept"].label = f"I have read and accept the rules (version {challenge.rules_version})."

    def clean_accept(self) -> bool:
        """Require acceptance of the rules."""
        if not self.cleaned_data["accept"]:
            raise forms.ValidationError("Accept the rules to take part.")
        return True


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def join(request: HttpRequest, account: Account, slug: str) -> HttpResponse:
    """Join, or renew the declarations after the rules have changed."""
    challenge = challenges.find(slug)
    content = frame(request, challenge, "")
    me = content["me"]
    # The accepted version is the one that was shown, even if the rules have changed since.
    initial = {"rules_version": challenge.rules_version}
    initial |= {"country": me.country, "of_age": me.of_age} if me else {}
    form = JoinForm(challenge, request.POST or None, initial=initial)
    if form.is_valid() and _join(form, challenge, account):
        messages.success(request, f"You have joined {challenge.title}.")
        if here := _next(request):
            return redirect(here)
        return redirect("challenge-overview" if me and me.team else "challenge-team", slug)
    status = 422 if form.is_bound else 200
    return render(
        request, "challenge/join.html", content | {"form": form, "next_page": _next(request)}, status=status
    )


def _join(form: JoinForm, challenge: Challenge, account: Account) -> bool:
    try:
        participation.join(
            challenge,
            account,
            country=form.cleaned_data["country"],
            of_age=form.cleaned_data["of_age"],
            rules_version=form.cleaned_data["rules_version"],
        )
    except Problem as problem:
        form.add_error(None, str(problem))
        return False
    return True


def _next(request: HttpRequest) -> str:
    """The address to return to, if it is on this site."""
    found = request.POST.get("next") or request.GET.get("next") or ""
    return found if url_has_allowed_host_and_scheme(found, {request.get_host()}, request.is_secure()) else ""
