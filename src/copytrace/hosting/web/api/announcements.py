"""Announcements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from ninja import Path, Router, Status
from ninja.pagination import LimitOffsetPagination, paginate

from copytrace.hosting.services import announcing, challenges
from copytrace.hosting.web.api.answers import answers
from copytrace.hosting.web.api.auth import account_of, scope
from copytrace.hosting.web.api.schemas import AnnouncementIn, AnnouncementOut, DoneOut, ReasonIn

if TYPE_CHECKING:
    from django.http import HttpRequest

router = Router(tags=["announcements"])


@router.get("/challenges/{slug:slug}/announcements", response=list[AnnouncementOut])
@paginate(LimitOffsetPagination)
def list_announcements(request: HttpRequest, slug: str) -> Any:  # noqa: ANN401 - rows
    """A challenge's announcements, latest first."""
    del request
    return announcing.shown(challenges.find(slug))


@router.post(
    "/organise/challenges/{slug:slug}/announcements",
    response=answers(AnnouncementOut, 201),
    auth=scope("organise"),
)
def announce(request: HttpRequest, slug: str, body: AnnouncementIn) -> Any:  # noqa: ANN401 - status, a row
    """Publish an announcement on the challenge's page and, by default, e-mail it to all participants."""
    row = announcing.announce(
        challenges.find(slug), body.title, body.text, account_of(request), mail=body.mail
    )
    return Status(201, row)


@router.post(
    "/organise/announcements/{announcement_id}/withdraw", response=answers(DoneOut), auth=scope("organise")
)
def withdraw(
    request: HttpRequest, announcement_id: Annotated[int, Path(ge=1, le=2**31 - 1)], body: ReasonIn
) -> Any:  # noqa: ANN401 - content
    """Withdraw an announcement from the page. E-mails cannot be recalled."""
    announcing.withdraw(announcing.find(announcement_id), body.reason, account_of(request))
    return {"done": f"Withdrew announcement {announcement_id}."}
