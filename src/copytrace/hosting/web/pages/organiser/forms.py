"""The organisers' forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from copytrace.hosting.services import submissions
from copytrace.hosting.services.announcing import LONGEST_TEXT, LONGEST_TITLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.hosting.models import Submission, Team

LONGEST_REASON = 500
MOST_CHOICES = 500
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S"


def _reason(hint: str) -> forms.CharField:
    return forms.CharField(
        label="Reason", max_length=LONGEST_REASON, help_text=hint, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReasonForm(forms.Form):
    """The reason for an action."""

    reason = _reason("Recorded in the audit log.")


class SubmissionForm(forms.Form):
    """A submission of a team, and the reason to disqualify or reinstate it."""

    number = forms.TypedChoiceField(label="Submission", coerce=int)
    reason = _reason("Sent to the team and recorded in the audit log.")

    def __init__(self, team: Team, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own
        super().__init__(*args, **{"prefix": "single"} | kwargs)
        field = self.fields["number"]
        rows = submissions.scored_of(team, MOST_CHOICES)
        if isinstance(field, forms.ChoiceField):
            field.choices = _grouped(rows)


def _grouped(rows: Sequence[Submission]) -> list[tuple[str, list[tuple[int, str]]]]:
    """Submissions by track and phase, with short labels, since a narrow select cuts off long ones."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for row in rows:
        out = " (disqualified)" if row.disqualified_at else ""
        words = f"{row.pk}{out}: {row.filename or 'no name'}"
        groups.setdefault(f"{row.track.title}, {row.phase.title}", []).append((row.pk, words))
    return list(groups.items())


class TimeForm(forms.Form):
    """A new opening or closing time of a phase."""

    when = forms.ChoiceField(
        label="When",
        widget=forms.RadioSelect,
        choices=[("at", "At the time below"), ("now", "Now, as soon as I confirm")],
        initial="at",
    )
    at = forms.DateTimeField(
        label="Time (UTC)",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format=TIME_FORMAT),
        input_formats=[TIME_FORMAT, "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )
    reason = _reason("Included in the e-mail to participants and recorded in the audit log.")


class AnnouncementForm(forms.Form):
    """A new announcement."""

    title = forms.CharField(label="Title", max_length=LONGEST_TITLE)
    text = forms.CharField(
        label="Text",
        max_length=LONGEST_TEXT,
        help_text="Supports Markdown.",
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    mail = forms.BooleanField(
        label="Also send it by e-mail to all participants", required=False, initial=True
    )


class AttemptsForm(forms.Form):
    """Extra attempts in a phase."""

    phase = forms.ChoiceField(label="Phase")
    extra = forms.IntegerField(
        label="Extra attempts",
        min_value=0,
        max_value=1000,
        help_text="Per track. Enter 0 to withdraw them.",
    )
    reason = _reason("Recorded in the audit log.")

    def __init__(self, phases: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own
        super().__init__(*args, **kwargs)
        field = self.fields["phase"]
        if isinstance(field, forms.ChoiceField):
            field.choices = phases


class FinalistForm(forms.Form):
    """The checklist of a team that may win a prize."""

    licence = forms.CharField(
        label="Licence of the solution",
        max_length=60,
        required=False,
        help_text="SPDX identifier, such as MIT.",
    )
    repository = forms.CharField(label="Repository", max_length=300, required=False, help_text="URL.")
    report = forms.CharField(label="Report", max_length=300, required=False, help_text="URL.")
    eligible = forms.BooleanField(
        label="Eligibility verified",
        required=False,
        help_text="An organiser has seen proof of residence and age.",
    )
    declined = forms.BooleanField(
        label="Team declines the prize",
        required=False,
        help_text="The team keeps its rank; the prize goes to the next team.",
    )
