"""A participant's team: create one, invite by name or by link, accept, remove, leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from copytrace.hosting.services import challenges, members, participation
from copytrace.hosting.services.participation import LARGEST_TEAM
from copytrace.hosting.services.problems import Problem
from copytrace.hosting.web.pages.frame import frame
from copytrace.hosting.web.pages.guards import participant, signed_in, team_member

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Account, Challenge, Participant, Team


class TeamForm(forms.Form):
    """A new team."""

    name = forms.CharField(
        label="Team name", max_length=60, help_text="Shown on the leaderboard. At most 60 characters."
    )


class InviteForm(forms.Form):
    """A member by name."""

    username = forms.CharField(label="Username", max_length=150)


@require_http_methods(["GET", "HEAD", "POST"])
@participant
def team(request: HttpRequest, challenge: Challenge, me: Participant) -> HttpResponse:
    """Show the team; a POST creates one, or invites a member."""
    row = me.team
    if row is None:
        return _without(request, challenge, me)
    form = InviteForm(request.POST or None)
    if form.is_valid():
        name = form.cleaned_data["username"]
        if _done(form, lambda: participation.invite(row, me.account, name)):
            messages.success(request, f"{name} is invited and will get an e-mail.")
            return redirect("challenge-team", challenge.slug)
    content = frame(request, challenge, "") | _members(row, me) | {"form": form}
    return render(request, "challenge/team.html", content, status=422 if form.is_bound else 200)


def _without(request: HttpRequest, challenge: Challenge, me: Participant) -> HttpResponse:
    form = TeamForm(request.POST or None)
    if form.is_valid():
        name = form.cleaned_data["name"]
        if _done(form, lambda: participation.found_team(challenge, me.account, name)):
            messages.success(request, f"Team {name} created. You are its leader.")
            return redirect("challenge-team", challenge.slug)
    invitations = members.invitations_of(me)
    content = frame(request, challenge, "") | {"form": form, "invitations": invitations}
    return render(request, "challenge/team_none.html", content, status=422 if form.is_bound else 200)


def _done(form: forms.Form, act: Callable[[], object]) -> bool:
    """Run an action; returns whether it succeeded. If not, the form shows why."""
    try:
        act()
    except Problem as problem:
        form.add_error(next(iter(form.fields)), str(problem))
        return False
    return True


def _members(row: Team, me: Participant) -> dict[str, Any]:
    address = reverse("challenge-invitation", args=[row.challenge.slug, row.link]) if row.link else ""
    return {
        "team": row,
        "members": members.members_of(row),
        "invited": members.invited_to(row),
        "largest": LARGEST_TEAM,
        "leads": me.leads,
        "link": f"{settings.SITE_URL}{address}" if address else "",
    }


@require_POST
@team_member
def link(request: HttpRequest, challenge: Challenge, me: Participant, row: Team) -> HttpResponse:
    """Create an invitation link, replace it, or disable it."""
    if request.POST.get("end"):
        words = "The invitation link no longer works."
        return _tell(request, challenge, words, lambda: participation.end_link(row, me.account))
    words = "New link created. The old one no longer works." if row.link else "Invitation link created."
    return _tell(request, challenge, words, lambda: participation.make_link(row, me.account))


@require_POST
@participant
def accept(request: HttpRequest, challenge: Challenge, me: Participant) -> HttpResponse:
    """Accept a team's invitation."""
    name = request.POST.get("name", "")
    return _tell(
        request,
        challenge,
        f"You are now a member of {name}.",
        lambda: participation.accept(challenge, me.account, name),
    )


@require_POST
@team_member
def leave(request: HttpRequest, challenge: Challenge, me: Participant, row: Team) -> HttpResponse:
    """Leave the team or, as its leader, remove a member."""
    name = request.POST.get("username", "")
    words = "You have left the team." if name == me.account.username else f"Removed {name} from the team."
    return _tell(request, challenge, words, lambda: participation.leave(row, me.account, name))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def invitation(request: HttpRequest, account: Account, slug: str, secret: str) -> HttpResponse:
    """The page of an invitation link: the team to join, and a button to join it."""
    challenge = challenges.find(slug)
    row = participation.team_of_link(challenge, secret)
    content = frame(request, challenge, "") | {"team": row, "members": members.members_of(row)}
    if request.method != "POST":
        return render(request, "challenge/invitation.html", content)
    if content["me"] is None:
        return redirect(f"{reverse('challenge-join', args=[slug])}?next={request.path}")
    return _tell(
        request,
        challenge,
        f"You are now a member of {row.name}.",
        lambda: participation.accept_link(challenge, account, secret),
    )


def _tell(request: HttpRequest, challenge: Challenge, words: str, act: Callable[[], object]) -> HttpResponse:
    """Run an action, report its result, and return to the team's page."""
    try:
        act()
    except Problem as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, words)
    return redirect("challenge-team", challenge.slug)
