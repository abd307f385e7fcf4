"""Finds challenges, their phases and their teams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count

from copytrace.hosting.models import Challenge, Team
from copytrace.hosting.services.problems import NotFound

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from copytrace.hosting.models import Phase, Track


def find(slug: str) -> Challenge:
    """The challenge with this name.

    Raises:
        NotFound: it does not exist; the message lists those that do.
    """
    found = Challenge.objects.filter(slug=slug).first()
    if found is None:
        names = ", ".join(Challenge.objects.values_list("slug", flat=True)) or "none"
        raise NotFound(f"There is no challenge {slug!r}. Challenges on this site: {names}.")
    return found


def find_phase(challenge: Challenge, name: str) -> Phase:
    """The phase with this name.

    Raises:
        NotFound: it does not exist; the message lists those that do.
    """
    found = challenge.phases.select_related("challenge").filter(slug=name).first()
    if found is None:
        names = ", ".join(phase.slug for phase in phases(challenge))
        raise NotFound(f"{challenge.slug} has no phase {name!r}; its phases are {names}.")
    return found


def find_team(challenge: Challenge, name: str) -> Team:
    """The team with this name.

    Raises:
        NotFound: it does not exist.
    """
    found = challenge.teams.select_related("challenge").filter(name=name).first()
    if found is None:
        raise NotFound(f"{challenge.title} has no team named {name!r}.")
    return found


def team_of_number(number: int) -> Team:
    """The team with this number.

    Raises:
        NotFound: it does not exist.
    """
    found = Team.objects.select_related("challenge").filter(pk=number).first()
    if found is None:
        raise NotFound(f"There is no team {number}.")
    return found


def all_challenges() -> QuerySet[Challenge]:
    """All challenges, those ending last first."""
    return Challenge.objects.order_by("-ends_at", "pk")


def with_phases() -> list[tuple[Challenge, list[Phase], int]]:
    """All challenges in the same order, each with its phases and its number of teams."""
    rows = all_challenges().annotate(team_count=Count("teams")).prefetch_related("phases")
    return [(row, list(row.phases.all()), row.team_count) for row in rows]


def tracks(challenge: Challenge) -> list[Track]:
    """The tracks of a challenge, in their order."""
    return list(challenge.tracks.all())


def phases(challenge: Challenge) -> list[Phase]:
    """The phases of a challenge, in their order."""
    return list(challenge.phases.select_related("challenge", "frozen_after"))
