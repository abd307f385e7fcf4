"""Where an action can be undone, if at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse

from copytrace.hosting.services import announcing, disqualifying, rescoring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from copytrace.hosting.models import AuditEntry


@dataclass(frozen=True)
class Undo:
    """A link to undo an action: its text, and the address of the form."""

    words: str
    address: str


def with_undo(entries: Iterable[AuditEntry]) -> list[tuple[AuditEntry, Undo | None]]:
    """Entries of a challenge's audit log, each with a link to undo it, if that is now possible."""
    return [(entry, _ways[entry.act](entry) if entry.act in _ways else None) for entry in entries]


def _closing(entry: AuditEntry) -> Undo | None:
    return _moved(entry, "organise-closing")


def _opening(entry: AuditEntry) -> Undo | None:
    return _moved(entry, "organise-opening")


def _moved(entry: AuditEntry, page: str) -> Undo | None:
    slug, _, phase = entry.subject.partition("/")
    address = reverse(page, args=[slug, phase])
    before = entry.details["before"][:19].replace(" ", "T")
    return Undo("Undo", f"{address}?{urlencode({'at': before})}")


def _announced(entry: AuditEntry) -> Undo | None:
    number = announcing.announced_by(entry)
    return Undo("Withdraw", reverse("organise-withdraw", args=[number])) if number else None


def _disqualified(entry: AuditEntry) -> Undo | None:
    team = disqualifying.team_disqualified_by(entry)
    return Undo("Reinstate", reverse("organise-team", args=[team])) if team else None


def _single(entry: AuditEntry) -> Undo | None:
    row = disqualifying.submission_disqualified_by(entry)
    if row is None:
        return None
    return Undo("Reinstate", f"{reverse('organise-team', args=[row.team_id])}?submission={row.pk}")


def _rescored(entry: AuditEntry) -> Undo | None:
    number = rescoring.reversible(entry)
    return Undo("Reverse", reverse("organise-rescore", args=[number])) if number else None


_ways: Mapping[str, Callable[[AuditEntry], Undo | None]] = {
    "deadline moved": _closing,
    "opening moved": _opening,
    "announced": _announced,
    "disqualified": _disqualified,
    "submission disqualified": _single,
    "re-score begun": _rescored,
    "re-score applied": _rescored,
}
