"""Accounts and tokens: how a program proves which account it acts for."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, transaction

from copytrace.hosting.models import Account, Token
from copytrace.hosting.services import clock
from copytrace.hosting.services.problems import NotAllowed, NotFound, Problem, Unusable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

SCOPES = ("read", "submit", "organise", "work")
ORGANISERS = {"organise", "work"}
"""Scopes for organisers only; a token for `work` claims runs, and reads the files and truths they need."""

LONGEST_DAYS = 365
USE_NOTED = timedelta(hours=1)


def register(username: str, email: str, password: str) -> Account:
    """Create an account.

    Raises:
        Unusable: a field is invalid; the message lists every reason.
        Problem: the name or the address is taken.
    """
    account = Account(username=username, email=email.lower())
    try:
        account.set_unusable_password()
        account.clean_fields()
        password_validation.validate_password(password, account)
    except ValidationError as error:
        raise Unusable(" ".join(error.messages)) from error
    account.set_password(password)
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as error:
        raise Problem(
            "An account with this username or e-mail address already exists; log in instead."
        ) from error
    return account


def issue(account: Account, *, name: str, scopes: Sequence[str], days: int) -> tuple[Token, str]:
    """Create a token.

    Returns:
        The row, and the token itself, which is shown once and stored nowhere.

    Raises:
        Unusable: a scope is unknown, or the lifetime is too long.
        NotAllowed: the account is not an organiser's and cannot have this scope.
    """
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise Unusable(f"Unknown scopes: {', '.join(map(repr, unknown))}; expected {', '.join(SCOPES)}.")
    if not 1 <= days <= LONGEST_DAYS:
        raise Unusable(f"A token is valid for 1 to {LONGEST_DAYS} days; you asked for {days}.")
    if (asked := sorted(ORGANISERS.intersection(scopes))) and not account.is_staff:
        raise NotAllowed(f"Only organisers can create a token with the scope {asked[0]!r}.")
    secret = f"ct_{secrets.token_urlsafe(32)}"
    token = Token.objects.create(
        account=account,
        name=name,
        digest=_digest(secret),
        scopes=sorted(set(scopes)),
        expires_at=clock.now() + timedelta(days=days),
    )
    return token, secret


def of_account(account: Account) -> list[Token]:
    """The active tokens of an account, oldest first."""
    rows = account.tokens.filter(revoked_at=None, expires_at__gt=clock.now())
    return list(rows.order_by("pk"))


def find(secret: str) -> Token | None:
    """The row of a token; None unless it is valid: not revoked, not expired, and of an active account."""
    token = Token.objects.select_related("account").filter(digest=_digest(secret), revoked_at=None).first()
    now = clock.now()
    if token is None or not token.account.is_active or token.expires_at <= now:
        return None
    _note_use(token, now)
    return token


def revoke(account: Account, token_id: int) -> None:
    """Revoke a token of an account.

    Raises:
        NotFound: the account has no such token.
    """
    if not Token.objects.filter(pk=token_id, account=account, revoked_at=None).update(revoked_at=clock.now()):
        raise NotFound(f"You have no active token {token_id}.")


def _note_use(token: Token, now: datetime) -> None:
    """Record when a token was last used, to the hour, so that not every request writes."""
    if token.last_used_at is None or now - token.last_used_at >= USE_NOTED:
        # A request must not fail because its time cannot be recorded.
        with suppress(OperationalError):
            Token.objects.filter(pk=token.pk).update(last_used_at=now)


def _digest(secret: str) -> str:
    # A token has 256 random bits: a plain digest of it cannot be reversed, unlike a password's.
    return hashlib.sha256(secret.encode()).hexdigest()
