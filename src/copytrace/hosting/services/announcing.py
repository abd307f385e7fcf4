"""Announcements to everybody in a challenge, on its page and by e-mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from copytrace.hosting.models import Announcement
from copytrace.hosting.services import audit, clock, outbox
from copytrace.hosting.services.problems import NotFound, Problem, Unusable

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from copytrace.hosting.models import Account, AuditEntry, Challenge

LONGEST_TITLE = 150
LONGEST_TEXT = 10_000


def announce(
    challenge: Challenge, title: str, text: str, actor: Account | None = None, *, mail: bool = True
) -> Announcement:
    """Publish an announcement.

    Args:
        challenge: the challenge.
        title: one line.
        text: Markdown.
        actor: the organiser.
        mail: also e-mail it to all participants.

    Raises:
        Unusable: the title or the text is empty or too long.
    """
    title, text = " ".join(title.split()), text.strip()
    for what, given, longest in (("title", title, LONGEST_TITLE), ("text", text, LONGEST_TEXT)):
        if not 0 < len(given) <= longest:
            raise Unusable(f"The {what} must have 1 to {longest:,} characters; this one has {len(given):,}.")
    with transaction.atomic():
        row = Announcement.objects.create(
            challenge=challenge, title=title, text=text, published_at=clock.now(), published_by=actor
        )
        mailed = outbox.write_to_all(challenge, f"{challenge.title}: {title}", f"{text}\n") if mail else 0
        audit.record("announced", title, actor=actor, challenge=challenge, number=row.pk, mailed=mailed)
    return row


def withdraw(row: Announcement, reason: str, actor: Account | None = None) -> None:
    """Withdraw an announcement from the page; e-mails already sent cannot be recalled.

    Raises:
        Problem: it has already been withdrawn.
    """
    with transaction.atomic():
        if not shown(row.challenge).filter(pk=row.pk).update(withdrawn_at=clock.now()):
            raise Problem(f"The announcement {row.title!r} has already been withdrawn.")
        audit.record(
            "announcement withdrawn",
            row.title,
            actor=actor,
            challenge=row.challenge,
            number=row.pk,
            reason=reason,
        )


def shown(challenge: Challenge) -> QuerySet[Announcement]:
    """The announcements shown on a challenge's page, latest first."""
    return challenge.announcements.filter(withdrawn_at=None)


def announced_by(entry: AuditEntry) -> int | None:
    """The number of the announcement that an action published, if it is still shown."""
    rows = Announcement.objects.filter(pk=entry.details.get("number"), withdrawn_at=None)
    return rows.values_list("pk", flat=True).first()


def announced(challenge: Challenge) -> list[Announcement]:
    """All announcements of a challenge, including withdrawn ones, latest first."""
    return list(challenge.announcements.select_related("published_by"))


def find(number: int) -> Announcement:
    """The announcement with this number.

    Raises:
        NotFound: it does not exist.
    """
    row = Announcement.objects.select_related("challenge").filter(pk=number).first()
    if row is None:
        raise NotFound(f"There is no announcement {number}.")
    return row
