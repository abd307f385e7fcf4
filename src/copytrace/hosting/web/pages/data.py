"""The data of a challenge: its contents, and the exact commands to download it from the nearest region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from copytrace.hosting.services import challenges, datasets
from copytrace.hosting.services.mirrors import fetch_commands, probe_of
from copytrace.hosting.web.pages.frame import frame
from copytrace.hosting.web.pages.guards import participant
from copytrace.hosting.web.public import public
from copytrace.hosting.web.security_headers import policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest

    from copytrace.hosting.models import Challenge, Dataset, Mirror, Participant

TOOLS = (
    ("copytrace ", "copytrace"),
    ("s5cmd ", "s5cmd"),
    ("aws ", "AWS CLI"),
)


@require_safe
@public
def data(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the data sets; addresses, commands and checksums are for participants."""
    challenge = challenges.find(slug)
    content = frame(request, challenge, "data")
    if content["me"] is None:
        content["datasets"] = datasets.datasets(challenge)
        return render(request, "challenge/data_closed.html", content)
    regions = datasets.mirrors(challenge)
    mirrors = [mirror for mirror in regions if mirror.url]
    chosen = _chosen(mirrors, request.GET.get("region", ""))
    content |= {
        "datasets": [
            {"listing": listing, "commands": _commands(chosen, listing.row)}
            for listing in datasets.datasets(challenge)
        ],
        "regions": [
            {"row": mirror, "probe": probe_of(mirror), "chosen": mirror == chosen} for mirror in mirrors
        ],
        "waiting": [mirror.title for mirror in regions if not mirror.url],
        "lists": [phase for phase, state in content["phases"] if state != "coming"],
    }
    answer = render(request, "challenge/data.html", content)
    answer.headers["Content-Security-Policy"] = policy(
        connect=[region["probe"] for region in content["regions"] if region["probe"]]
    )
    return answer


@require_safe
@participant
def checksums(request: HttpRequest, challenge: Challenge, me: Participant, dataset: str) -> HttpResponse:
    """The digests of a data set's files, in the format of `sha256sum --check`."""
    del request, me
    files = datasets.find_dataset(challenge, dataset).files
    lines = [f"{file.sha256}  {file.path}\n" for file in files]
    return HttpResponse("".join(lines), content_type="text/plain; charset=utf-8")


def _chosen(mirrors: Sequence[Mirror], region: str) -> Mirror | None:
    return next((mirror for mirror in mirrors if mirror.region == region), mirrors[0] if mirrors else None)


def _commands(mirror: Mirror | None, dataset: Dataset) -> list[tuple[str, str]]:
    """Tool and command; the AWS CLI both with and without an account."""
    found = []
    for command in fetch_commands(mirror, dataset) if mirror else []:
        tool = next((name for start, name in TOOLS if command.startswith(start)), "")
        signed = tool == "AWS CLI" and "--no-sign-request" not in command
        found.append((f"{tool}, signed in" if signed else tool, command))
    # copytrace first: it resumes and verifies.
    return sorted(found, key=lambda pair: pair[0] != "copytrace")
