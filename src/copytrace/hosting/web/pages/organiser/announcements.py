"""Publishes and withdraws announcements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from copytrace.hosting.services import announcing, challenges, members
from copytrace.hosting.web.pages.guards import organiser
from copytrace.hosting.web.pages.organiser.confirming import Question, ask, confirmed, done
from copytrace.hosting.web.pages.organiser.forms import AnnouncementForm, ReasonForm
from copytrace.hosting.web.pages.organiser.layout import draw
from copytrace.hosting.web.pages.tags import plural

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Account

TAB = "organise-announcements"


@require_http_methods(["GET", "HEAD", "POST"])
@organiser
def announce(request: HttpRequest, account: Account, slug: str) -> HttpResponse:
    """The announcements, and a form for a new one."""
    challenge = challenges.find(slug)
    form = AnnouncementForm(request.POST or None)
    if form.is_valid():
        title, text, mail = (form.cleaned_data[name] for name in ("title", "text", "mail"))
        if not confirmed(request):
            people = members.count_participants(challenge) if mail else 0
            return ask(request, challenge, _question(title, text, people), TAB)
        if done(form, lambda: announcing.announce(challenge, title, text, account, mail=mail)):
            messages.success(request, f"Announced “{title}”.")
            return redirect(TAB, slug)
    rows = announcing.announced(challenge)
    return draw(request, challenge, "announcements.html", TAB, form=form, announcements=rows)


@require_http_methods(["GET", "HEAD", "POST"])
@organiser
def withdraw(request: HttpRequest, account: Account, number: int) -> HttpResponse:
    """Withdraw an announcement from the page."""
    row = announcing.find(number)
    form = ReasonForm(request.POST or None)
    if form.is_valid() and done(form, lambda: announcing.withdraw(row, form.cleaned_data["reason"], account)):
        messages.success(request, f"Withdrew “{row.title}”.")
        return redirect(TAB, row.challenge.slug)
    return draw(request, row.challenge, "withdraw.html", TAB, form=form, announcement=row)


def _question(title: str, text: str, people: int) -> Question:
    return Question(
        title="Publish this announcement?",
        effects=[
            f"“{title}” ({plural(len(text.split()), 'word')}) appears on the challenge's page.",
            f"{plural(people, 'participant')} will get an e-mail." if people else "No e-mails are sent.",
        ],
        button="Publish",
        undo="You can withdraw it from the page later. E-mails cannot be recalled.",
    )
