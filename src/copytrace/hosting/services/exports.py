"""CSV tables of a challenge for its organisers: participants, submissions, the audit log."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from copytrace.hosting.models import AuditEntry, Participant, Submission
from copytrace.hosting.services import audit, clock
from copytrace.hosting.services.problems import NotFound
from copytrace.hosting.services.visibility import BOARDS, scores_visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from copytrace.hosting.models import Account, Challenge

Row = tuple[Any, ...]


def participants(challenge: Challenge) -> Iterator[Row]:
    """The participants, by the time they accepted the rules."""
    yield (
        "username",
        "email",
        "country",
        "of_age",
        "rules_version",
        "accepted_at",
        "team",
        "leads",
        "disqualified",
    )
    rows = Participant.objects.filter(challenge=challenge).select_related("account", "team")
    for row in rows.order_by("accepted_at", "pk").iterator(chunk_size=1000):
        team = row.team.name if row.team else ""
        disqualified = bool(row.team and row.team.disqualified_at)
        declared = row.country, row.of_age, row.rules_version, row.accepted_at.isoformat()
        yield row.account.username, row.account.email, *declared, team, row.leads, disqualified


def submissions(challenge: Challenge) -> Iterator[Row]:
    """The submissions, by number; only visible scores."""
    yield (
        "number",
        "team",
        "by",
        "track",
        "phase",
        "state",
        "received_at",
        "bytes",
        "file",
        "public",
        "private",
        "disqualified",
    )
    now = clock.now()
    seen = {
        phase.pk: [scores_visible(phase, board, now) for board in BOARDS] for phase in challenge.phases.all()
    }
    where = ("team__name", "account__username", "track__slug", "phase__slug", "state")
    scores = [f"current_run__{board}_score" for board in BOARDS]
    rows = Submission.objects.filter(phase__challenge=challenge).order_by("pk")
    out = "disqualified_at"
    found = rows.values_list("phase_id", "received_at", out, "pk", *where, "size", "filename", *scores)
    for phase, received_at, disqualified_at, number, *row in found.iterator(chunk_size=1000):
        *told, size, filename, public, private = row
        shown = (
            score if visible else None for score, visible in zip((public, private), seen[phase], strict=True)
        )
        at = received_at.isoformat() if received_at else ""
        yield number, *told, at, size, filename, *shown, disqualified_at is not None


def audit_log(challenge: Challenge) -> Iterator[Row]:
    """The audit log, in order."""
    yield "number", "at", "by", "act", "subject", "details"
    rows = AuditEntry.objects.filter(challenge=challenge).select_related("actor").order_by("pk")
    for row in rows.iterator(chunk_size=1000):
        actor = row.actor.username if row.actor else ""
        details = json.dumps(row.details, ensure_ascii=False, sort_keys=True)
        yield row.pk, row.at.isoformat(), actor, row.act, row.subject, details


EXPORTS: Mapping[str, Callable[[Challenge], Iterator[Row]]] = {
    "participants": participants,
    "submissions": submissions,
    "audit": audit_log,
}
"""The tables that an organiser can download."""


def export(challenge: Challenge, name: str, actor: Account | None) -> Iterator[str]:
    """A table as lines of CSV. The audit log records the download, since a table may contain personal data.

    Raises:
        NotFound: no table has this name.
    """
    if name not in EXPORTS:
        raise NotFound(f"Unknown export {name!r}; expected one of {', '.join(EXPORTS)}.")
    audit.record("exported", name, actor=actor, challenge=challenge)
    return csv_lines(EXPORTS[name](challenge))


class _Lines:
    """A target for csv.writer that returns each line instead of storing it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Rows as lines of CSV.

    An apostrophe in front of it keeps a spreadsheet from running a text as a formula.
    """
    writer = csv.writer(_Lines())
    for row in rows:
        yield writer.writerow([_plain(cell) for cell in row])


def _plain(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
