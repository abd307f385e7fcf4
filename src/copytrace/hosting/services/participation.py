"""Participation: declarations, acceptance of the rules, and teams."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django_countries import countries

from copytrace.hosting.models import Account, Invitation, Participant, PastMember, Team
from copytrace.hosting.services import audit, clock, outbox, team_names
from copytrace.hosting.services.disqualifying import require_not_disqualified, require_team_in_force
from copytrace.hosting.services.problems import NotAllowed, NotFound, Problem, TooMany, Unusable
from copytrace.hosting.services.states import UNCOUNTED

if TYPE_CHECKING:
    from copytrace.hosting.models import Challenge

LARGEST_TEAM = 10

MOST_INVITATIONS = 10
"""Maximum number of invitation e-mails to one account per day."""


def join(
    challenge: Challenge, account: Account, *, country: str, of_age: bool, rules_version: str
) -> Participant:
    """Join a challenge, or renew the declarations and the acceptance of the rules.

    Raises:
        Unusable: the country is not a two-letter code, or the accepted rules are not the current version.
        NotAllowed: residents of that country, or people under age, cannot take part.
    """
    country = country.strip().upper()
    if country not in countries:
        raise Unusable(f"{country!r} is not a country code; expected two letters (ISO 3166) such as DE.")
    if rules_version != challenge.rules_version:
        raise Unusable(
            f"You accepted version {rules_version!r} of the rules, but the current version is"
            f" {challenge.rules_version!r}. Read it and accept it."
        )
    if country in challenge.excluded_countries:
        raise NotAllowed(f"Residents of {country} cannot take part: {challenge.territory}")
    if not of_age:
        raise NotAllowed(
            f"Participants must be at least {challenge.minimum_age} years old and of the age of majority where they"
            " live."
        )
    with transaction.atomic():
        participant, _ = Participant.objects.update_or_create(
            account=account,
            challenge=challenge,
            defaults={
                "country": country,
                "of_age": of_age,
                "rules_version": rules_version,
                "accepted_at": clock.now(),
            },
        )
        audit.record(
            "join", str(account), actor=account, challenge=challenge, country=country, rules=rules_version
        )
    return participant


def participant_of(challenge: Challenge, account: Account) -> Participant:
    """The account's participation in a challenge.

    Raises:
        NotAllowed: it has not joined.
    """
    found = Participant.objects.select_related("team").filter(challenge=challenge, account=account).first()
    if found is None:
        raise NotAllowed(
            f"You have not joined {challenge.title}. Join first: copytrace join {challenge.slug}"
        )
    return found


def team_of(challenge: Challenge, account: Account) -> Team:
    """The account's team.

    Raises:
        NotAllowed: it has not joined, or has no team.
    """
    team = participant_of(challenge, account).team
    if team is None:
        raise NotAllowed("You have no team yet. Create one (a team of one is fine) or accept an invitation.")
    return team


def require_eligible(participant: Participant) -> None:
    """Refuse participants who cannot currently submit.

    Raises:
        NotAllowed: the rules have changed since the participant accepted them, or the country has since been excluded.
    """
    challenge = participant.challenge
    if participant.rules_version != challenge.rules_version:
        raise NotAllowed(
            f"The rules have changed since you accepted version {participant.rules_version!r}. Read and accept version"
            f" {challenge.rules_version!r}: copytrace join {challenge.slug}"
        )
    if not participant.of_age or participant.country in challenge.excluded_countries:
        raise NotAllowed(f"You declared that you are not eligible: {challenge.territory}")


def found_team(challenge: Challenge, account: Account, name: str) -> Team:
    """Create a team, led by the account.

    Raises:
        Unusable: the name is empty, too long or contains unprintable characters.
        Problem: the account already has a team, or the name is taken or looks like one that is.
    """
    name = team_names.clean(name)
    participant = participant_of(challenge, account)
    require_eligible(participant)
    require_not_disqualified(account, challenge)
    try:
        with transaction.atomic():
            team_names.require_free(challenge, name)
            team = Team.objects.create(challenge=challenge, name=name)
            # The condition holds even for simultaneous requests of one account.
            mine = Participant.objects.filter(pk=participant.pk, team=None)
            if not mine.update(team=team, leads=True):
                raise Problem("You already have a team; leave it first.")
            audit.record("team founded", name, actor=account, challenge=challenge)
    except IntegrityError as error:
        raise Problem(f"A team named {name!r} already exists; choose another name.") from error
    return team


def invite(team: Team, leader: Account, username: str) -> Invitation:
    """Invite an account.

    Raises:
        NotAllowed: the inviting account does not lead the team.
        NotFound: nobody with this name has joined the challenge.
        TooMany: the account has been invited by many teams today.
    """
    _require_leader(team, leader)
    account = Account.objects.filter(username=username, participations__challenge=team.challenge).first()
    if account is None:
        raise NotFound(
            f"No participant named {username!r} in {team.challenge.title}. Ask them to join first."
        )
    with transaction.atomic():
        invitation, new = Invitation.objects.get_or_create(team=team, account=account)
        if not new:
            # One e-mail is enough.
            return invitation
        day = clock.now() - timedelta(days=1)
        if account.invitations.filter(invited_at__gt=day).count() > MOST_INVITATIONS:
            raise TooMany(
                f"{username} has already been invited {MOST_INVITATIONS} times today. Try again tomorrow."
            )
        audit.record("invitation", f"{account} to {team.name}", actor=leader, challenge=team.challenge)
        outbox.OutboxBackend().send_messages([_invitation_mail(team, leader, account)])
    return invitation


def accept(challenge: Challenge, account: Account, team_name: str) -> Team:
    """Accept an invitation.

    Raises:
        NotFound: it does not exist.
        Problem: the account already has a team, or the team is full.
    """
    invitation = Invitation.objects.filter(
        team__challenge=challenge, team__name=team_name, account=account
    ).first()
    if invitation is None:
        raise NotFound(f"You have no invitation to a team named {team_name!r}.")
    with transaction.atomic():
        return _enter(invitation.team, account, actor=account)


def make_link(team: Team, leader: Account) -> str:
    """Create an invitation link, with which anyone can join, and return its secret; replaces an earlier link.

    Raises:
        NotAllowed: who asks does not lead the team.
    """
    _require_leader(team, leader)
    with transaction.atomic():
        team.link = secrets.token_urlsafe(32)
        team.save(update_fields=["link"])
        audit.record("invitation", f"link to {team.name}", actor=leader, challenge=team.challenge)
    return team.link


def end_link(team: Team, leader: Account) -> None:
    """Disable a team's invitation link.

    Raises:
        NotAllowed: who asks does not lead the team.
    """
    _require_leader(team, leader)
    with transaction.atomic():
        team.link = ""
        team.save(update_fields=["link"])
        audit.record("invitation", f"link to {team.name} ended", actor=leader, challenge=team.challenge)


def team_of_link(challenge: Challenge, link: str) -> Team:
    """The team of an invitation link.

    Raises:
        NotFound: the link is not, or no longer, valid.
    """
    team = Team.objects.filter(challenge=challenge, link=link).first() if link else None
    if team is None:
        raise NotFound("This invitation link is no longer valid. Ask for a new one.")
    return team


def accept_link(challenge: Challenge, account: Account, link: str) -> Team:
    """Join the team of an invitation link.

    Raises:
        NotFound: the link is not valid.
        NotAllowed: the account has not joined the challenge or cannot take part, or a disqualification prevents it.
        Problem: the account already has a team, or the team is full.
    """
    require_eligible(participant_of(challenge, account))
    with transaction.atomic():
        return _enter(team_of_link(challenge, link), account, actor=account)


def leave(team: Team, actor: Account, username: str) -> None:
    """Leave the team or, as its leader, remove a member.

    Raises:
        NotFound: no member has this name.
        NotAllowed: a non-leader tried to remove someone, or the team is disqualified.
        Problem: the team has submitted, or the other members would have no leader.
    """
    if username != actor.username:
        _require_leader(team, actor)
    with transaction.atomic():
        row = Team.objects.select_for_update().get(pk=team.pk)
        require_team_in_force(row)
        members = list(row.members.select_related("account"))
        gone = next((member for member in members if member.account.username == username), None)
        if gone is None:
            raise NotFound(f"Team {team.name} has no member named {username!r}.")
        if row.submissions.exclude(state__in=UNCOUNTED).exists():
            raise Problem(
                f"Team {team.name} has already submitted, and its attempts count for {username} too. Only the"
                " organisers can move members of such a team; contact them."
            )
        others = [member for member in members if member is not gone]
        if others and not any(member.leads for member in others):
            raise Problem(
                f"{username} is the only leader of {team.name}; the other members must leave first."
            )
        Participant.objects.filter(pk=gone.pk).update(team=None, leads=False)
        audit.record("member", f"{username} left {team.name}", actor=actor, challenge=team.challenge)


def change_team(
    challenge: Challenge, account: Account, to: Team | None, reason: str, actor: Account | None = None
) -> None:
    """Move a participant to another team, or to none, as an organiser. Their attempts so far still count for them.

    Raises:
        NotAllowed: one of the teams is disqualified.
        Problem: the participant has no team or is already in that team, that team is full, or other members would have
            no leader.
        Unusable: the reason is missing.
    """
    if not reason.strip():
        raise Unusable("Enter a reason; it is recorded in the audit log.")
    with transaction.atomic():
        left = team_of(challenge, account)
        rows = {row.pk: row for row in _locked(left, to)}
        row = rows[left.pk]
        require_team_in_force(row)
        if to is not None and to.pk == row.pk:
            raise Problem(f"{account.username} is already in team {row.name}.")
        others = row.members.exclude(account=account)
        if others.exists() and not others.filter(leads=True).exists():
            raise Problem(
                f"{account.username} is the only leader of {row.name}; move the other members first."
            )
        earlier = PastMember.objects.filter(account=account, team__challenge=challenge).order_by("-left_at")
        PastMember.objects.create(
            team=row,
            account=account,
            joined_at=earlier.values_list("left_at", flat=True).first(),
            left_at=clock.now(),
        )
        mine = Participant.objects.filter(challenge=challenge, account=account, team=row)
        if not mine.update(team=None, leads=False):
            raise Problem(f"{account.username} has just changed teams. Check the teams and try again.")
        audit.record(
            "member moved",
            f"{account} from {row.name}" + (f" to {to.name}" if to else ""),
            actor=actor,
            challenge=challenge,
            reason=reason.strip(),
        )
        if to is not None:
            _enter(to, account, actor=actor)


def _locked(*teams: Team | None) -> list[Team]:
    """Lock the teams' rows, always in the same order, so that two requests cannot deadlock."""
    numbers = [team.pk for team in teams if team is not None]
    return list(Team.objects.select_for_update().filter(pk__in=numbers).order_by("pk"))


def _enter(team: Team, account: Account, *, actor: Account | None) -> Team:
    """Make an account a member, under the lock on the team's row."""
    row = Team.objects.select_for_update().get(pk=team.pk)
    require_team_in_force(row)
    require_not_disqualified(account, row.challenge)
    if row.members.count() >= LARGEST_TEAM:
        raise Problem(f"Team {row.name} is full: it has {LARGEST_TEAM} members.")
    mine = Participant.objects.filter(challenge=row.challenge_id, account=account, team=None)
    if not mine.update(team=row, leads=False):
        raise Problem("You already have a team; leave it first.")
    Invitation.objects.filter(team=row, account=account).delete()
    audit.record("member", f"{account} joined {row.name}", actor=actor, challenge=row.challenge)
    return row


def _require_leader(team: Team, account: Account) -> None:
    if not team.members.filter(account=account, leads=True).exists():
        raise NotAllowed(f"Only the leader of team {team.name} can do this.")


def _invitation_mail(team: Team, leader: Account, account: Account) -> EmailMessage:
    return EmailMessage(
        f"Invitation to team {team.name}",
        f"{leader.username} invites you to team {team.name} in {team.challenge.title}.\n"
        f"Accept it at {settings.SITE_URL}/challenges/{team.challenge.slug}/team/\n"
        f"or with: copytrace join {team.challenge.slug} --accept {team.name!r}\n",
        to=[account.email],
    )
