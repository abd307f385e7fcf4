"""Challenges, participation and data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from django.http import FileResponse
from ninja import Router, Status
from ninja.pagination import LimitOffsetPagination, paginate

from copytrace.hosting.services import challenges, clock, datasets, participation
from copytrace.hosting.services.mirrors import fetch_commands
from copytrace.hosting.services.problems import NotFound
from copytrace.hosting.services.stored_files import open_file
from copytrace.hosting.web.api import shown
from copytrace.hosting.web.api.answers import answers
from copytrace.hosting.web.api.auth import account_of, scope
from copytrace.hosting.web.api.schemas import ChallengeBrief, ChallengeOut, DatasetOut, JoinIn, ParticipantOut

if TYPE_CHECKING:
    from django.http import HttpRequest

router = Router(tags=["challenges"])


@router.get("/challenges", response=list[ChallengeBrief])
@paginate(LimitOffsetPagination)
def list_challenges(request: HttpRequest) -> Any:  # noqa: ANN401 - rows
    """List all challenges, those ending last first."""
    del request
    return challenges.all_challenges()


@router.get("/challenges/{slug:slug}", response=answers(ChallengeOut))
def get_challenge(request: HttpRequest, slug: str) -> Any:  # noqa: ANN401 - a row
    """A challenge with its texts, tracks and phases."""
    del request
    return shown.challenge(challenges.find(slug))


@router.post(
    "/challenges/{slug:slug}/participation", response=answers(ParticipantOut, 201), auth=scope("submit")
)
def join(request: HttpRequest, slug: str, body: JoinIn) -> Any:  # noqa: ANN401 - ninja's status and content
    """Join: declare your country and age, and accept a version of the rules."""
    row = participation.join(
        challenges.find(slug),
        account_of(request),
        country=body.country,
        of_age=body.of_age,
        rules_version=body.rules_version,
    )
    return Status(201, shown.participant(row))


@router.get("/challenges/{slug:slug}/participation", response=answers(ParticipantOut), auth=scope("read"))
def my_participation(request: HttpRequest, slug: str) -> Any:  # noqa: ANN401 - a row
    """Your participation in the challenge."""
    return shown.participant(participation.participant_of(challenges.find(slug), account_of(request)))


@router.get("/challenges/{slug:slug}/data", response=answers(list[DatasetOut]), auth=scope("read"))
def data(request: HttpRequest, slug: str) -> Any:  # noqa: ANN401 - rows
    """The data sets and their mirrors, with download commands. Participants only."""
    challenge = challenges.find(slug)
    participation.participant_of(challenge, account_of(request))
    return [
        {
            "slug": listing.row.slug,
            "title": listing.row.title,
            "files": listing.files,
            "mirrors": [
                {
                    "region": mirror.region,
                    "title": mirror.title,
                    "url": mirror.url,
                    "commands": fetch_commands(mirror, listing.row),
                }
                for mirror in datasets.mirrors(challenge)
            ],
        }
        for listing in datasets.datasets(challenge)
    ]


@router.get(
    "/challenges/{slug:slug}/phases/{slug:phase}/{slug:images}", response=answers(str), auth=scope("read")
)
def image_ids(request: HttpRequest, slug: str, phase: str, images: Literal["queries", "references"]) -> Any:  # noqa: ANN401 - a file
    """The query or reference IDs of a phase, one per line, once it has opened. Participants only."""
    challenge = challenges.find(slug)
    participation.participant_of(challenge, account_of(request))
    row = challenges.find_phase(challenge, phase)
    if row.opens_at > clock.now():
        raise NotFound(f"{slug} has no open phase {phase!r}.")
    name = row.query_ids if images == "queries" else row.reference_ids
    filename = f"{slug}-{phase}-{images}.txt"
    return FileResponse(open_file(name), content_type="text/plain; charset=utf-8", filename=filename)
