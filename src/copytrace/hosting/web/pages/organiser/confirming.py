"""Asks for confirmation of dangerous actions: what will happen, and whether it can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms

from copytrace.hosting.services.problems import Problem
from copytrace.hosting.web.pages.organiser.layout import draw

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import Challenge

MARK = "confirmed"


@dataclass(frozen=True)
class Question:
    """A question to confirm an action.

    Attributes:
        title: the action, as a question.
        effects: what will happen, a sentence each.
        button: the label of the button that confirms it.
        undo: how to undo it; empty if that is impossible.
    """

    title: str
    effects: Sequence[str]
    button: str
    undo: str = ""


class TypedForm(forms.Form):
    """Requires the user to type a name before an action that cannot be undone."""

    typed = forms.CharField(label="Confirm", max_length=200)

    def __init__(self, expected: str, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own
        super().__init__(*args, **kwargs)
        self._expected = expected
        self.fields["typed"].label = f"To confirm, type {expected}"
        self.fields["typed"].widget.attrs["autocomplete"] = "off"

    def clean_typed(self) -> str:
        """Refuse any other text."""
        typed: str = self.cleaned_data["typed"].strip()
        if typed != self._expected:
            raise forms.ValidationError(f"You typed {typed!r}; expected {self._expected}.")
        return typed


def confirmed(request: HttpRequest) -> bool:
    """Whether the user has confirmed."""
    return request.POST.get(MARK) == "yes"


def ask(
    request: HttpRequest, challenge: Challenge, question: Question, tab: str, back: str = ""
) -> HttpResponse:
    """The page that asks; its button sends the same form again, marked as confirmed.

    `back` is the page that *Cancel* returns to; by default the form's own.
    """
    sent = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in {MARK, "csrfmiddlewaretoken"}
        for value in values
    ]
    content = {"question": question, "sent": sent, "mark": MARK, "back": back or request.path}
    return draw(request, challenge, "confirm.html", tab, **content)


def done(form: forms.Form, act: Callable[[], object]) -> bool:
    """Run the action; returns whether it succeeded. If the service refuses it, the form shows why."""
    try:
        act()
    except Problem as problem:
        form.add_error(None, str(problem))
        return False
    return True
