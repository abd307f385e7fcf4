"""Submitting: choose track and phase, attest, and send the file; resumable with JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from copytrace.hosting.services import clock, nominations, submitting, uploads
from copytrace.hosting.services.problems import Problem
from copytrace.hosting.services.submitting import Kind, find_place, largest
from copytrace.hosting.web.pages.attempts import COSTS, all_left, left_of
from copytrace.hosting.web.pages.frame import frame
from copytrace.hosting.web.pages.guards import team_member
from copytrace.hosting.web.security_headers import policy

if TYPE_CHECKING:
    from typing import BinaryIO

    from django.http import HttpRequest, HttpResponse

    from copytrace.hosting.models import (
        Account,
        Challenge,
        Participant,
        Phase,
        Submission,
        Team,
        Track,
        Upload,
    )

REASON_WORDS = {
    "another-model": "It uses a different nominated model",
    "earlier-invalid": "We believe an earlier entry is invalid",
}
FORMATS = {
    Kind.MATCHING: "CSV with the header query_id,reference_id,score and one row per pair.",
    Kind.DESCRIPTOR: "HDF5 with query, reference, query_ids and reference_ids.",
}
SUFFIXES = {Kind.MATCHING: ".csv", Kind.DESCRIPTOR: ".h5,.hdf5"}


class SubmitForm(forms.Form):
    """The form for a submission; it has only the fields that the track and phase require."""

    file = forms.FileField(label="File", error_messages={"required": "Choose a file to submit."})
    upload = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, phase: Phase, track: Track, team: Team, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        # The script sends the number of an upload instead of the file.
        self.fields["file"].required = not self.data.get("upload")
        accept = SUFFIXES[Kind(track.kind)]
        self.fields["file"].widget.attrs["accept"] = accept
        self.fields["file"].help_text = FORMATS[Kind(track.kind)]
        if phase.frozen_after is not None:
            self._add_entry(phase, track, team)
            for name, text in phase.challenge.attestations.items():
                self.fields[f"attest-{name}"] = forms.BooleanField(label=text, required=False)
        self.order_fields([*(name for name in self.fields if name != "file"), "file"])

    def _add_entry(self, phase: Phase, track: Track, team: Team) -> None:
        before = phase.frozen_after
        assert before is not None  # noqa: S101 - the caller has looked
        entries = nominations.entries_for(team, phase, track)
        choices = [(entry.label, f"{entry.label} (submission {entry.submission_id})") for entry in entries]
        self.fields["entry"] = forms.ChoiceField(
            choices=choices,
            label=f"Entry from {before.title}",
            help_text="It must use the code, model and weights you nominated.",
        )
        if track.kind == Kind.DESCRIPTOR:
            self.fields["queries_only"] = forms.BooleanField(
                required=False,
                label="The file contains queries only",
                help_text="It is scored against the nominated references. A full file must contain exactly these.",
            )
        else:
            for name in ("code", "weights"):
                self.fields[f"{name}_sha256"] = forms.CharField(
                    label=f"SHA-256 of the {name}",
                    min_length=64,
                    max_length=64,
                    help_text="As nominated: 64 hexadecimal digits, as printed by sha256sum.",
                )
        if nominations.is_further(team, phase, track):
            self.fields["reason"] = forms.ChoiceField(
                choices=[(name, REASON_WORDS[name]) for name in nominations.REASONS],
                label="Reason for another entry",
            )

    def asked(self) -> dict[str, Any]:
        """The keyword arguments of `submitting.submit`."""
        found = self.cleaned_data
        names = ("entry", "queries_only", "reason", "code_sha256", "weights_sha256")
        attested = [
            name.removeprefix("attest-") for name in found if name.startswith("attest-") and found[name]
        ]
        return {name: found[name] for name in names if name in found} | {"attested": attested}


@require_safe
@team_member
def choose(request: HttpRequest, challenge: Challenge, me: Participant, team: Team) -> HttpResponse:
    """Choose the track and phase, with the attempts that are left in each."""
    del me
    content = frame(request, challenge, "submissions")
    content |= {"left": all_left(challenge, team, content["phases"], content["now"]), "costs": COSTS}
    if len(content["left"]) == 1:
        only = content["left"][0]
        return redirect("challenge-submit-to", challenge.slug, only.track.slug, only.phase.slug)
    return render(request, "challenge/submit_choose.html", content)


@require_http_methods(["GET", "HEAD", "POST"])
@team_member
def submit(  # noqa: PLR0917 - names of the address
    request: HttpRequest, challenge: Challenge, me: Participant, team: Team, track: str, phase: str
) -> HttpResponse:
    """The form; a POST submits it. The script requests JSON, and sends the file once the submission exists."""
    track_row, phase_row = find_place(challenge, track, phase)
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = SubmitForm(phase_row, track_row, team, data, files)
    made = _hand_in(form, me.account, track_row, phase_row) if form.is_valid() else None
    if _wants_json(request):
        return _as_json(form, made)
    if made is not None:
        return redirect("challenge-submission", challenge.slug, made.pk)
    left = left_of(team, phase_row, track_row, clock.now())
    unnominated = "entry" in form.fields and not form.fields["entry"].choices  # type: ignore[attr-defined]
    content = frame(request, challenge, "submissions") | {
        "form": form,
        "left": left,
        "costs": COSTS,
        "largest": largest(track_row, phase_row),
        "nominations_missing": unnominated,
        # A submission that came too late is shown with the reason.
        "takes_files": form.is_bound or (left.open and left.left != 0 and not unnominated),
    }
    answer = render(request, "challenge/submit.html", content, status=422 if form.is_bound else 200)
    if (bucket := uploads.bucket_origin()) is not None:
        # The script sends the file to this address.
        answer.headers["Content-Security-Policy"] = policy(connect=[bucket])
    return answer


def _hand_in(form: SubmitForm, account: Account, track: Track, phase: Phase) -> Submission | None:
    """Create the submission, or add the reason why not to the form."""
    try:
        upload = _upload_of(form, account)
        return submitting.submit(account, upload, track, phase, **form.asked())
    except Problem as problem:
        form.add_error(None, str(problem))
        return None


def _upload_of(form: SubmitForm, account: Account) -> Upload:
    """The upload that the script began, or one made from the file in the form."""
    number, file = form.cleaned_data["upload"], form.cleaned_data["file"]
    if number is not None:
        return uploads.find(account, number)
    return uploads.take(account, cast("BinaryIO", file.file), file.size or 0, file.name or "")


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def _as_json(form: SubmitForm, made: Submission | None) -> HttpResponse:
    if made is not None:
        address = reverse("challenge-submission", args=[made.phase.challenge.slug, made.pk])
        return JsonResponse({"submission": made.pk, "address": address}, status=201)
    faults = [
        fault if name == "__all__" else f"{form.fields[name].label or name}: {fault}"
        for name, found in form.errors.items()
        for fault in found
    ]
    return JsonResponse({"faults": faults}, status=422)
