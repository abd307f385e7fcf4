"""How many attempts a team has, counted under a lock so that simultaneous requests cannot exceed the limit.

An attempt counts for everyone who was a member of the team at that time. Once a team has submitted, only organisers can
move its members; the attempts of a moved member count in the new team as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Count, Q

from copytrace.hosting.models import Allowance, PastMember, Submission, Team
from copytrace.hosting.services.problems import TooMany
from copytrace.hosting.services.states import COUNTED, UNCOUNTED

if TYPE_CHECKING:
    from copytrace.hosting.models import Phase, Track

State = Submission.State

UNCHECKED = (State.UPLOADING, State.RECEIVED, State.CHECKING)
"""The states of a submission that may yet be refused."""


@dataclass(frozen=True)
class Attempts:
    """A team's attempts in a phase and track, or those of the member who has used more; None means no limit.

    Attributes:
        used: counting submissions since the phase opened.
        used_today: the same, since midnight UTC.
        left: how many more can be submitted now.
    """

    used: int
    used_today: int
    left: int | None


def lock_allowance(team: Team, phase: Phase) -> Allowance:
    """Lock a team's members, and its row for a phase, until the transaction ends.

    On SQLite the transaction itself, started with BEGIN IMMEDIATE, is the lock.
    """
    Team.objects.select_for_update().get(pk=team.pk)
    Allowance.objects.get_or_create(team=team, phase=phase)
    return Allowance.objects.select_for_update().get(team=team, phase=phase)


def attempts(team: Team, phase: Phase, track: Track, now: datetime) -> Attempts:
    """Count a team's attempts; reliable only while the allowance is locked."""
    counted = Submission.objects.filter(phase=phase, track=track, state__in=COUNTED)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = Count("pk", filter=Q(received_at__gte=midnight))
    whose = [Q(team=team), *_moved_here(team)]
    counts = [counted.filter(of).aggregate(used=Count("pk"), today=today) for of in whose]
    used, used_today = (max(count[name] for count in counts) for name in ("used", "today"))
    extra = Allowance.objects.filter(team=team, phase=phase).values_list("extra", flat=True).first() or 0
    left = [
        limit + extra - count
        for limit, count in ((phase.limit_total, used), (phase.limit_per_day, used_today))
        if limit is not None
    ]
    return Attempts(used, used_today, max(0, min(left)) if left else None)


def _moved_here(team: Team) -> list[Q]:
    """The attempts of each member who came from another team."""
    past: dict[int, list[PastMember]] = {}
    rows = PastMember.objects.filter(
        account__participations__team=team, team__challenge=team.challenge_id
    ).order_by("left_at")
    for row in rows:
        past.setdefault(row.account_id, []).append(row)
    moved = []
    for account, earlier in past.items():
        mine = Q(account=account) | Q(team=team, received_at__gte=earlier[-1].left_at)
        for row in earlier:
            then = Q(team=row.team_id, received_at__lte=row.left_at)
            mine |= then & Q(received_at__gte=row.joined_at) if row.joined_at else then
        moved.append(mine)
    return moved


def require_attempt(team: Team, phase: Phase, track: Track, now: datetime) -> None:
    """Refuse if no attempt is left.

    Raises:
        TooMany: the message names the limit, and says when the next attempt becomes available.
    """
    found = attempts(team, phase, track, now)
    if found.left != 0:
        return
    if phase.limit_total is not None and found.used >= phase.limit_total:
        raise TooMany(
            f"Team {team.name} has used {found.used} of its {phase.limit_total} submissions in {phase.title},"
            f" {track.title}. None are left."
        )
    raise TooMany(
        f"Team {team.name} has used {found.used_today} of its {phase.limit_per_day} submissions for today in"
        f" {phase.title}, {track.title}. Try again after midnight UTC."
    )


def require_few_refusals(team: Team, now: datetime) -> None:
    """Make a team wait if its files were refused too often: refusals use no attempts, so they are slowed down.

    Files that its members sent from other teams count too, as do files that may yet be refused. Reliable only while the
    allowance is locked.

    Raises:
        TooMany: the message says how long to wait.
    """
    hour = timedelta(hours=1)
    theirs = Submission.objects.filter(
        Q(team=team) | Q(team__challenge=team.challenge_id, account__in=team.members.values("account")),
    )
    refused = Q(state__in=UNCOUNTED, state_at__gt=now - hour)
    most = settings.REFUSALS_PER_HOUR
    times = list(theirs.filter(refused).order_by("-state_at").values_list("state_at", flat=True)[:most])
    if len(times) < most:
        unchecked = theirs.filter(state__in=UNCHECKED).count()
        if len(times) + unchecked >= most:
            raise TooMany(
                f"{unchecked} files from team {team.name} are still being uploaded or checked. Wait for them, or delete"
                " uploads you no longer need."
            )
        return
    again = (times[-1] if times else now) + hour
    raise TooMany(
        f"{len(times)} files from team {team.name} were refused within an hour. Try again at {again:%H:%M} UTC;"
        " `copytrace check` finds the same problems before you upload."
    )
