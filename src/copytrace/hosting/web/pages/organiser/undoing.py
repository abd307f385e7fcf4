"""Where an act can be taken back, if it can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse

from copytrace.hosting.models import Announcement, AuditEntry, Rescore, Submission, Team

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


@dataclass(frozen=True)
class Undo:
    """A way back: the words of its link, and the address of the form that does it."""

    words: str
    address: str


def with_undo(entries: Iterable[AuditEntry]) -> list[tuple[AuditEntry, Undo | None]]:
    """Entries of the audit log of one challenge, each with its way back, if there is one now."""
    return [(entry, _ways[entry.act](entry) if entry.act in _ways else None) for entry in entries]


def _closing(entry: AuditEntry) -> Undo | None:
    return _moved(entry, "organise-closing")


def _opening(entry: AuditEntry) -> Undo | None:
    return _moved(entry, "organise-opening")


def _moved(entry: AuditEntry, page: str) -> Undo | None:
    slug, _, phase = entry.subject.partition("/")
    address = reverse(page, args=[slug, phase])
    before = entry.details["before"][:19].replace(" ", "T")
    return Undo("Move back", f"{address}?{urlencode({'at': before})}")


def _announced(entry: AuditEntry) -> Undo | None:
    row = Announcement.objects.filter(pk=entry.details.get("number"), withdrawn_at=None).first()
    return Undo("Withdraw", reverse("organise-withdraw", args=[row.pk])) if row else None


def _disqualified(entry: AuditEntry) -> Undo | None:
    row = Team.objects.filter(
        challenge=entry.challenge_id, name=entry.subject, disqualified_at__isnull=False
    ).first()
    return Undo("Reinstate", reverse("organise-team", args=[row.pk])) if row else None


def _single(entry: AuditEntry) -> Undo | None:
    number = entry.subject.rpartition(" ")[2]
    row = Submission.objects.filter(pk=number, disqualified_at__isnull=False).first()
    if row is None:
        return None
    return Undo("Reinstate", f"{reverse('organise-team', args=[row.team_id])}?submission={row.pk}")


def _rescored(entry: AuditEntry) -> Undo | None:
    number = entry.subject.partition(" ")[0]
    row = Rescore.objects.filter(pk=number, reversed_at=None).first()
    return Undo("Reverse", reverse("organise-rescore", args=[row.pk])) if row else None


_ways: Mapping[str, Callable[[AuditEntry], Undo | None]] = {
    "deadline moved": _closing,
    "opening moved": _opening,
    "announced": _announced,
    "disqualified": _disqualified,
    "submission disqualified": _single,
    "re-score begun": _rescored,
    "re-score applied": _rescored,
}
