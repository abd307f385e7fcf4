"""Who takes part, and a team with what an organiser may do to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from copytrace.hosting.models import Participant, Submission, Team
from copytrace.hosting.services import disqualifying, organising
from copytrace.hosting.services.exports import EXPORTS
from copytrace.hosting.web.pages.frame import find_challenge
from copytrace.hosting.web.pages.guards import organiser
from copytrace.hosting.web.pages.organiser.confirming import Question, ask, confirmed, done
from copytrace.hosting.web.pages.organiser.forms import AttemptsForm, ReasonForm, SubmissionForm
from copytrace.hosting.web.pages.organiser.layout import draw, find_phase, find_team, query_of

if TYPE_CHECKING:
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Account

TAB = "organise-participants"
A_PAGE = 50


@require_safe
@organiser
def participants(request: HttpRequest, _: Account, slug: str) -> HttpResponse:
    """Everybody who joined, the latest first, and tables to take away."""
    challenge = find_challenge(slug)
    asked = request.GET.get("q", "").strip()[:100]
    rows = Participant.objects.filter(challenge=challenge).select_related("account", "team")
    if asked:
        rows = rows.filter(
            Q(account__username__icontains=asked)
            | Q(account__email__icontains=asked)
            | Q(team__name__icontains=asked)
        )
    page = Paginator(rows.order_by("-accepted_at", "-pk"), A_PAGE).get_page(request.GET.get("page"))
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
    """A team: its members, what it handed in, and what may be done to it."""
    row = find_team(number)
    asked = {"number": request.GET.get("submission", "")}
    return _draw(request, row, single=SubmissionForm(row, initial=asked))


@require_http_methods(["POST"])
@organiser
def standing(request: HttpRequest, account: Account, number: int) -> HttpResponse:
    """Disqualify a team, or reinstate one that is disqualified."""
    row = find_team(number)
    form = ReasonForm(request.POST)
    if form.is_valid():
        answer = _change(request, row, form, account, number)
        if answer is not None:
            return answer
    return _draw(request, row, standing=form)


@require_http_methods(["POST"])
@organiser
def single(request: HttpRequest, account: Account, number: int) -> HttpResponse:
    """Disqualify one submission of a team, or reinstate one that is disqualified."""
    row = find_team(number)
    form = SubmissionForm(row, request.POST)
    if form.is_valid():
        submission = disqualifying.submission_of(row, form.cleaned_data["number"])
        answer = _change(request, submission, form, account, number)
        if answer is not None:
            return answer
    return _draw(request, row, single=form)


def _change(
    request: HttpRequest, row: Team | Submission, form: Form, account: Account, team: int
) -> HttpResponse | None:
    """Ask, and once it is confirmed, do it; None where the service refuses, which the form then says."""
    out = row.disqualified_at is None
    name = disqualifying.name_of(row)
    if not confirmed(request):
        challenge = row.challenge if isinstance(row, Team) else row.phase.challenge
        question = _question(row, name, disqualify=out)
        return ask(request, challenge, question, TAB, reverse("organise-team", args=[team]))
    act = disqualifying.disqualify if out else disqualifying.reinstate
    if not done(form, lambda: act(row, form.cleaned_data["reason"], account)):
        return None
    messages.success(request, f"{name} {'is disqualified' if out else 'takes part again'}.")
    return redirect("organise-team", team)


@require_http_methods(["POST"])
@organiser
def attempts(request: HttpRequest, account: Account, number: int) -> HttpResponse:
    """Give a team attempts beyond a phase's limits."""
    row = find_team(number)
    form = _attempts_form(row, request.POST)
    if form.is_valid():
        phase = find_phase(row.challenge, form.cleaned_data["phase"])
        extra, reason = form.cleaned_data["extra"], form.cleaned_data["reason"]
        if done(form, lambda: organising.grant(row, phase, extra, reason, account)):
            messages.success(request, f"{row.name} has {extra} attempts beyond the limits of {phase.title}.")
            return redirect("organise-team", number)
    return _draw(request, row, attempts=form)


def _attempts_form(row: Team, *sent: object) -> AttemptsForm:
    return AttemptsForm(list(row.challenge.phases.values_list("slug", "title")), *sent, prefix="attempts")


def _draw(request: HttpRequest, row: Team, **forms: Form) -> HttpResponse:
    """The page of a team; `forms` are those that were sent, instead of empty ones."""
    handed_in = row.submissions.order_by().values("phase__title", "phase__place", "track__title", "state")
    content = {
        "team": row,
        "members": row.members.select_related("account").order_by("pk"),
        "handed_in": handed_in.annotate(count=Count("pk")).order_by("phase__place", "track__title", "state"),
        "disqualified": row.submissions.filter(disqualified_at__isnull=False).order_by("pk"),
        "granted": row.allowances.filter(extra__gt=0).select_related("phase"),
        "nominations": row.nominations.select_related("submission__track").order_by("pk"),
        "standing": ReasonForm(),
        "single": SubmissionForm(row),
        "attempts": _attempts_form(row),
    }
    return draw(request, row.challenge, "team.html", TAB, **content | forms)


def _question(row: Team | Submission, name: str, *, disqualify: bool) -> Question:
    told = "Its members are written to, with your reason."
    if not disqualify:
        return Question(
            title=f"Reinstate {name}?",
            effects=["It ranks again.", told],
            button="Reinstate",
            undo="You can disqualify it again.",
        )
    effects = [
        "It loses its ranks in every phase and track; the teams below move up, and so do prizes.",
        "It cannot submit any more. What it handed in stays on record.",
    ]
    if isinstance(row, Submission):
        effects = ["It loses its rank; the next best submission of its team counts instead, if there is one."]
    return Question(
        title=f"Disqualify {name}?",
        effects=[*effects, told],
        button="Disqualify",
        undo="You can reinstate it; then it ranks again.",
    )
