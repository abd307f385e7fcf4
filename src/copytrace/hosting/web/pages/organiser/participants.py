"""The participants, and a team's page with organisers' actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from copytrace.hosting.services import (
    challenges,
    disqualifying,
    members,
    nominations,
    organising,
    submissions,
)
from copytrace.hosting.services.exports import EXPORTS
from copytrace.hosting.web.pages.guards import organiser
from copytrace.hosting.web.pages.organiser.confirming import Question, ask, confirmed, done
from copytrace.hosting.web.pages.organiser.forms import AttemptsForm, ReasonForm, SubmissionForm
from copytrace.hosting.web.pages.organiser.layout import draw, query_of
from copytrace.hosting.web.pages.tags import plural

if TYPE_CHECKING:
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Account, Submission, Team

TAB = "organise-participants"
A_PAGE = 50


@require_safe
@organiser
def participants(request: HttpRequest, _: Account, slug: str) -> HttpResponse:
    """All participants, latest first, and tables to download."""
    challenge = challenges.find(slug)
    asked = request.GET.get("q", "").strip()[:100]
    page = Paginator(members.participants(challenge, asked), A_PAGE).get_page(request.GET.get("page"))
    return draw(
        request,
        challenge,
        "participants.html",
        TAB,
        page=page,
        asked=asked,
        query=query_of(q=asked),
        exports=list(EXPORTS),
    )


@require_safe
@organiser
def team(request: HttpRequest, _: Account, number: int) -> HttpResponse:
    """A team: its members, its submissions, and the possible actions."""
    row = challenges.team_of_number(number)
    asked = {"number": request.GET.get("submission", "")}
    return _draw(request, row, single=SubmissionForm(row, initial=asked))


@require_http_methods(["POST"])
@organiser
def standing(request: HttpRequest, account: Account, number: int) -> HttpResponse:
    """Disqualify or reinstate a team."""
    row = challenges.team_of_number(number)
    form = ReasonForm(request.POST)
    if form.is_valid():
        answer = _change(request, row, row, form, account)
        if answer is not None:
            return answer
    return _draw(request, row, standing=form)


@require_http_methods(["POST"])
@organiser
def single(request: HttpRequest, account: Account, number: int) -> HttpResponse:
    """Disqualify or reinstate one submission of a team."""
    row = challenges.team_of_number(number)
    form = SubmissionForm(row, request.POST)
    if form.is_valid():
        submission = disqualifying.submission_of(row, form.cleaned_data["number"])
        answer = _change(request, row, submission, form, account)
        if answer is not None:
            return answer
    return _draw(request, row, single=form)


def _change(
    request: HttpRequest, team: Team, row: Team | Submission, form: Form, account: Account
) -> HttpResponse | None:
    """Ask for confirmation, then act; None if the service refuses, with the reason in the form."""
    out = row.disqualified_at is None
    name = disqualifying.name_of(row)
    if not confirmed(request):
        question = _question(name, whole_team=row == team, disqualify=out)
        return ask(request, team.challenge, question, TAB, reverse("organise-team", args=[team.pk]))
    act = disqualifying.disqualify if out else disqualifying.reinstate
    if not done(form, lambda: act(row, form.cleaned_data["reason"], account)):
        return None
    messages.success(request, f"{name} {'is disqualified' if out else 'is reinstated'}.")
    return redirect("organise-team", team.pk)


@require_http_methods(["POST"])
@organiser
def attempts(request: HttpRequest, account: Account, number: int) -> HttpResponse:
    """Grant a team extra attempts."""
    row = challenges.team_of_number(number)
    form = _attempts_form(row, request.POST)
    if form.is_valid():
        phase = challenges.find_phase(row.challenge, form.cleaned_data["phase"])
        extra, reason = form.cleaned_data["extra"], form.cleaned_data["reason"]
        if done(form, lambda: organising.grant(row, phase, extra, reason, account)):
            messages.success(
                request, f"{row.name} now has {plural(extra, 'extra attempt')} in {phase.title}."
            )
            return redirect("organise-team", number)
    return _draw(request, row, attempts=form)


def _attempts_form(row: Team, *sent: object) -> AttemptsForm:
    phases = [(phase.slug, phase.title) for phase in challenges.phases(row.challenge)]
    return AttemptsForm(phases, *sent, prefix="attempts")


def _draw(request: HttpRequest, row: Team, **forms: Form) -> HttpResponse:
    """The page of a team; `forms` are submitted forms, shown in place of empty ones."""
    content = {
        "team": row,
        "members": members.members_of(row),
        "handed_in": submissions.counts_of_team(row),
        "disqualified": submissions.disqualified_of(row),
        "granted": members.granted_to(row),
        "nominations": nominations.of_team(row),
        "standing": ReasonForm(),
        "single": SubmissionForm(row),
        "attempts": _attempts_form(row),
    }
    return draw(request, row.challenge, "team.html", TAB, **content | forms)


def _question(name: str, *, whole_team: bool, disqualify: bool) -> Question:
    told = "Its members get an e-mail with your reason."
    if not disqualify:
        return Question(
            title=f"Reinstate {name}?",
            effects=["It is ranked again.", told],
            button="Reinstate",
            undo="You can disqualify it again later.",
        )
    effects = [
        "It loses its ranks in every phase and track. Teams below it move up, and prizes are reassigned.",
        "It cannot submit any more. Its submissions stay on record.",
    ]
    if not whole_team:
        effects = ["It is no longer ranked. The team's next best submission counts instead, if there is one."]
    return Question(
        title=f"Disqualify {name}?",
        effects=[*effects, told],
        button="Disqualify",
        undo="You can reinstate it later.",
    )
