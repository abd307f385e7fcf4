"""E-mail through a table: a request adds a row, a worker sends it, and tries again when the server is away."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Q

from copytrace.hosting.models import Mail
from copytrace.hosting.services import clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copytrace.hosting.models import Challenge, Team

MOST_ATTEMPTS = 8
"""After so many attempts (about two hours) an e-mail is given up; its row keeps the reason."""

_log = logging.getLogger(__name__)


class OutboxBackend(BaseEmailBackend):
    """Puts what Django and allauth send into the outbox too."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Add a row per recipient."""
        rows = [
            Mail(to=address, subject=message.subject[:200], body=str(message.body))
            for message in email_messages
            for address in message.recipients()
        ]
        Mail.objects.bulk_create(rows)
        return len(email_messages)


def write_to(team: Team, subject: str, body: str) -> None:
    """Write to all members of a team, within the transaction of what is told."""
    addresses = team.members.values_list("account__email", flat=True)
    Mail.objects.bulk_create(
        Mail(to=address, subject=subject[:200], body=body) for address in addresses if address
    )


def write_to_all(challenge: Challenge, subject: str, body: str) -> int:
    """Write to all participants of a challenge, with a team or without; returns how many there are."""
    addresses = challenge.participants.exclude(account__email="").values_list("account__email", flat=True)
    return len(
        Mail.objects.bulk_create(
            (Mail(to=address, subject=subject[:200], body=body) for address in addresses), batch_size=1000
        )
    )


def drain(most: int = 20) -> int:
    """Send what waits, oldest first; returns how many were sent.

    A row is claimed by one conditional update, so that two workers do not send it twice. A worker that dies
    between sending and noting it leaves a row that is sent again: once too often rather than never.
    """
    now = clock.now()
    waiting = Mail.objects.filter(
        Q(retry_at=None) | Q(retry_at__lt=now), sent_at=None, attempts__lt=MOST_ATTEMPTS
    )
    sent = 0
    for mail in waiting.order_by("pk")[:most]:
        pause = timedelta(seconds=30 * 2**mail.attempts)
        mine = Mail.objects.filter(pk=mail.pk, attempts=mail.attempts, sent_at=None)
        if mine.update(attempts=mail.attempts + 1, retry_at=now + pause):
            sent += _send(mail)
    return sent


def _send(mail: Mail) -> int:
    how: dict[str, Any] = dict(settings.OUTGOING_EMAIL)
    connection = get_connection(**how)
    try:
        EmailMessage(
            mail.subject, mail.body, settings.DEFAULT_FROM_EMAIL, [mail.to], connection=connection
        ).send()
    except (OSError, ValueError) as error:
        # The mail server's reasons are OSErrors, smtplib's among them; a ValueError is an address or a subject that
        # no e-mail can have.
        _log.warning("e-mail %s was not taken: %s", mail.pk, error)
        Mail.objects.filter(pk=mail.pk).update(problem=str(error)[:300])
        return 0
    Mail.objects.filter(pk=mail.pk).update(sent_at=clock.now(), problem="")
    return 1
