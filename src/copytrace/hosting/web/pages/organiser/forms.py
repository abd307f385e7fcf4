"""What organisers fill in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from copytrace.hosting.services import submissions
from copytrace.hosting.services.announcing import LONGEST_TEXT, LONGEST_TITLE

if TYPE_CHECKING:
    from copytrace.hosting.models import Submission, Team

LONGEST_REASON = 500
MOST_CHOICES = 500
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S"


def _reason(hint: str) -> forms.CharField:
    return forms.CharField(
        label="Reason", max_length=LONGEST_REASON, help_text=hint, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = _reason("Kept in the audit log.")


class SubmissionForm(forms.Form):
    """One submission of a team, and why its rank is taken or given back."""

    number = forms.TypedChoiceField(label="Submission", coerce=int)
    reason = _reason("The team is told; it is kept in the audit log.")

    def __init__(self, team: Team, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own
        super().__init__(*args, **{"prefix": "single"} | kwargs)
        field = self.fields["number"]
        rows = submissions.scored_of(team, MOST_CHOICES)
        if isinstance(field, forms.ChoiceField):
            field.choices = [(row.pk, _told(row)) for row in rows]


def _told(row: Submission) -> str:
    out = " (disqualified)" if row.disqualified_at else ""
    return f"{row.pk}: {row.track.title}, {row.phase.title}, {row.filename or 'no name'}{out}"


class TimeForm(forms.Form):
    """Another time at which a phase opens or closes."""

    when = forms.ChoiceField(
        label="When",
        widget=forms.RadioSelect,
        choices=[("at", "At the time below"), ("now", "Now, as soon as this is confirmed")],
        initial="at",
    )
    at = forms.DateTimeField(
        label="Time (UTC)",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format=TIME_FORMAT),
        input_formats=[TIME_FORMAT, "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )
    reason = _reason("Participants read it in the e-mail that tells them; it is kept in the audit log.")


class AnnouncementForm(forms.Form):
    """What everybody is told."""

    title = forms.CharField(label="Title", max_length=LONGEST_TITLE)
    text = forms.CharField(
        label="Text", max_length=LONGEST_TEXT, help_text="Markdown.", widget=forms.Textarea(attrs={"rows": 6})
    )
    mail = forms.BooleanField(
        label="Write it to all participants too", required=False, initial=True, help_text="An e-mail each."
    )


class AttemptsForm(forms.Form):
    """Attempts beyond a phase's limits."""

    phase = forms.ChoiceField(label="Phase")
    extra = forms.IntegerField(
        label="Attempts beyond the limit",
        min_value=0,
        max_value=1000,
        help_text="In each track; 0 takes them back.",
    )
    reason = _reason("Kept in the audit log.")

    def __init__(self, phases: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own
        super().__init__(*args, **kwargs)
        field = self.fields["phase"]
        if isinstance(field, forms.ChoiceField):
            field.choices = phases


class FinalistForm(forms.Form):
    """The checklist of a team that may take a prize."""

    licence = forms.CharField(
        label="Licence of the solution",
        max_length=60,
        required=False,
        help_text="Its SPDX name, such as MIT.",
    )
    repository = forms.CharField(label="Repository", max_length=300, required=False, help_text="Its address.")
    report = forms.CharField(label="Report", max_length=300, required=False, help_text="Its address.")
    eligible = forms.BooleanField(
        label="Eligibility is verified",
        required=False,
        help_text="An organiser has seen proof of residence and age.",
    )
    declined = forms.BooleanField(
        label="The team declines the prize",
        required=False,
        help_text="It keeps its place on the leaderboard; the prize passes on.",
    )
