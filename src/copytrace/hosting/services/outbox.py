"""E-mail through a table: a request adds a row, and a worker sends it, with retries while the mail server is down."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from smtplib import SMTPException, SMTPServerDisconnected
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Q

from copytrace.hosting.models import Mail
from copytrace.hosting.services import clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from copytrace.hosting.models import Challenge, Team

MOST_ATTEMPTS = 8
"""Attempts (over about two hours) before an e-mail is given up; its row keeps the reason."""

BATCH_SECONDS = 60
"""Seconds after which a batch starts no more e-mails; the rest go with the next batch."""

_log = logging.getLogger(__name__)


class OutboxBackend(BaseEmailBackend):
    """Puts the e-mails of Django and allauth into the outbox too."""

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
    """E-mail all members of a team, in the transaction of the event."""
    addresses = team.members.values_list("account__email", flat=True)
    Mail.objects.bulk_create(
        Mail(to=address, subject=subject[:200], body=body) for address in addresses if address
    )


def write_to_all(challenge: Challenge, subject: str, body: str) -> int:
    """E-mail all participants of a challenge, with or without a team; returns how many there are."""
    addresses = challenge.participants.exclude(account__email="").values_list("account__email", flat=True)
    return len(
        Mail.objects.bulk_create(
            (Mail(to=address, subject=subject[:200], body=body) for address in addresses), batch_size=1000
        )
    )


def drain(most: int = 20) -> int:
    """Send the waiting e-mails over one connection, fewest attempts first; returns how many were sent.

    A row is claimed by one conditional update, so that two workers do not send it twice. If a worker dies between
    sending an e-mail and recording it, the e-mail is sent again: twice rather than never. If the server fails, the
    batch ends and all waiting e-mails back off; only the one being sent uses up an attempt.
    """
    sent, end = 0, time.monotonic() + BATCH_SECONDS
    with _connection() as server:
        for mail in _waiting(clock.now()).order_by("attempts", "pk")[:most]:
            if time.monotonic() > end:
                break
            now = clock.now()
            retry_at = now + timedelta(seconds=30 * 2**mail.attempts)
            mine = Mail.objects.filter(pk=mail.pk, attempts=mail.attempts, sent_at=None)
            if not mine.update(attempts=mail.attempts + 1, retry_at=retry_at):
                continue
            try:
                sent += _send(mail, server)
            except OSError as error:
                _note(mail, error)
                _waiting(now).update(retry_at=retry_at)
                break
    return sent


@contextmanager
def _connection() -> Iterator[BaseEmailBackend]:
    server = get_connection(**dict(settings.OUTGOING_EMAIL))
    try:
        yield server
    finally:
        # A server that failed may fail on closing too.
        with suppress(OSError):
            server.close()


def _waiting(now: datetime) -> QuerySet[Mail]:
    return Mail.objects.filter(
        Q(retry_at=None) | Q(retry_at__lt=now), sent_at=None, attempts__lt=MOST_ATTEMPTS
    )


def _send(mail: Mail, server: BaseEmailBackend) -> int:
    """Send one e-mail; returns 0 if the e-mail itself is at fault.

    Raises:
        OSError: the server cannot be reached or does not answer.
    """
    # An open connection is kept for the next e-mail.
    server.open()
    try:
        EmailMessage(
            mail.subject, mail.body, settings.DEFAULT_FROM_EMAIL, [mail.to], connection=server
        ).send()
    except SMTPServerDisconnected:
        raise
    except (SMTPException, ValueError) as error:
        # The server refused this e-mail, or its address or subject is invalid.
        _note(mail, error)
        return 0
    Mail.objects.filter(pk=mail.pk).update(sent_at=clock.now(), problem="")
    return 1


def _note(mail: Mail, error: Exception) -> None:
    _log.warning("e-mail %s was not sent: %s", mail.pk, error)
    Mail.objects.filter(pk=mail.pk).update(problem=str(error)[:300])
