"""Authentication: a token with a scope, or the session of a signed-in person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.cache import caches
from ninja.security import HttpBearer, SessionAuth
from ninja.throttling import AnonRateThrottle, AuthRateThrottle

from copytrace.hosting.services import tokens
from copytrace.hosting.services.problems import NotAllowed
from copytrace.hosting.web.people import signed_in_as

if TYPE_CHECKING:
    from django.http import HttpRequest

    from copytrace.hosting.models import Account


SHOWN = "shown_token"
"""The attribute of a request that holds the number of its token."""


class TokenAuth(HttpBearer):
    """`Authorization: Bearer ct_...`, with a token that has the scope. OpenAPI shows the subclass's name."""

    scope: ClassVar[str]

    def authenticate(self, request: HttpRequest, token: str) -> Account | None:
        """The token's account, if the token is active.

        Raises:
            NotAllowed: the token is not for this.
        """
        found = tokens.find(token)
        if found is None:
            return None
        if self.scope not in found.scopes:
            raise NotAllowed(
                f"This token has the scopes {', '.join(found.scopes) or 'none'}; this request needs {self.scope!r}."
                " Create another token: copytrace login"
            )
        _require_organiser(found.account, self.scope)
        setattr(request, SHOWN, found.pk)
        return found.account


class ReadToken(TokenAuth):
    """For requests that change nothing."""

    scope = "read"


class SubmitToken(TokenAuth):
    """For taking part: join, create a team, submit."""

    scope = "submit"


class OrganiseToken(TokenAuth):
    """For organisers."""

    scope = "organise"


class WorkToken(TokenAuth):
    """For workers on other machines."""

    scope = "work"


TOKENS = {kind.scope: kind for kind in (ReadToken, SubmitToken, OrganiseToken)}


class PersonAuth(SessionAuth):
    """The session cookie of a person; requests that change something also need the CSRF token."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self._scope = scope

    def authenticate(self, request: HttpRequest, key: str | None) -> Account | None:
        """The signed-in person.

        Raises:
            NotAllowed: only an organiser may do this.
        """
        del key
        account = signed_in_as(request)
        if account is not None:
            _require_organiser(account, self._scope)
        return account


def _require_organiser(account: Account, scope: str) -> None:
    if scope in tokens.ORGANISERS and not account.is_staff:
        raise NotAllowed("Only organisers can do this.")


def scope(name: str) -> list[Any]:
    """The scope a route needs: `read`, `submit` or `organise`."""
    return [TOKENS[name](), PersonAuth(name)]


class AddressThrottle(AnonRateThrottle):
    """Unauthenticated requests from one address."""

    cache = caches["throttle"]


class AccountThrottle(AuthRateThrottle):
    """Requests by one account."""

    cache = caches["throttle"]


class UploadThrottle(AuthRateThrottle):
    """Uploads begun by one account."""

    scope = "upload"
    cache = caches["throttle"]


class PartsThrottle(AuthRateThrottle):
    """Requests by one account for part addresses."""

    scope = "parts"
    cache = caches["throttle"]


class LoginThrottle(AnonRateThrottle):
    """Attempts from one address to create an account or a token, counted across all web processes."""

    scope = "login"


def throttles() -> list[Any]:
    """The throttles of all routes."""
    return [
        AddressThrottle(f"{max(1, settings.REQUESTS_PER_MINUTE // 2)}/m"),
        AccountThrottle(f"{settings.REQUESTS_PER_MINUTE}/m"),
    ]


def login_throttle() -> LoginThrottle:
    """The throttle of routes that accept a password."""
    return LoginThrottle(f"{settings.LOGINS_PER_MINUTE}/m")


def token_of(request: HttpRequest) -> int | None:
    """The number of the token sent with a request; None in a person's session."""
    return getattr(request, SHOWN, None)


def account_of(request: HttpRequest) -> Account:
    """The account, on a route that requires authentication."""
    found: Account | None = getattr(request, "auth", None)
    if found is None:
        raise NotAllowed("Log in first: copytrace login")
    return found
