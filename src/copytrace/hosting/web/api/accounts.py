"""Accounts and tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied, ValidationError
from ninja import Path, Router, Status

from copytrace.hosting.services import tokens
from copytrace.hosting.services.problems import NotAllowed, NotFound, TooMany
from copytrace.hosting.web.api.answers import answers
from copytrace.hosting.web.api.auth import account_of, login_throttle, scope, token_of
from copytrace.hosting.web.api.schemas import DoneOut, MeOut, RegisterIn, TokenIn, TokenMade, TokenOut

if TYPE_CHECKING:
    from django.http import HttpRequest

    from copytrace.hosting.models import Account

router = Router(tags=["accounts"])


@router.post("/accounts", response=answers(MeOut, 201), throttle=[login_throttle()])
def register(request: HttpRequest, body: RegisterIn) -> Any:  # noqa: ANN401 - ninja's status and content
    """Create an account."""
    del request
    return Status(201, _me(tokens.register(body.username, body.email, body.password)))


@router.post("/tokens", response=answers(TokenMade, 201), throttle=[login_throttle()])
def make_token(request: HttpRequest, body: TokenIn) -> Any:  # noqa: ANN401 - ninja's status and content
    """Create a token from a username and password. The token is shown only once."""
    account = _account(request, body.username, body.password)
    row, secret = tokens.issue(account, name=body.name, scopes=body.scopes, days=body.days)
    return Status(201, {**_token(row), "token": secret})


@router.get("/tokens", response=answers(list[TokenOut]), auth=scope("read"))
def list_tokens(request: HttpRequest) -> Any:  # noqa: ANN401 - rows
    """List your active tokens."""
    return [_token(row) for row in tokens.of_account(account_of(request))]


@router.delete("/tokens/{token_id}", response=answers(DoneOut), auth=scope("read"))
def revoke_token(request: HttpRequest, token_id: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> Any:  # noqa: ANN401
    """Revoke a token. A token can revoke only itself; when signed in, you can revoke any of yours."""
    if token_of(request) not in {None, token_id}:
        raise NotFound("A token can revoke only itself. Sign in to revoke others: /accounts/tokens/")
    tokens.revoke(account_of(request), token_id)
    return {"done": f"Revoked token {token_id}."}


@router.get("/me", response=answers(MeOut), auth=scope("read"))
def me(request: HttpRequest) -> Any:  # noqa: ANN401 - a row
    """Your account."""
    return _me(account_of(request))


def _account(request: HttpRequest, username: str, password: str) -> Account:
    """The account for a name and password; failures count together with those of the login page."""
    try:
        account: Account | None = get_adapter(request).authenticate(
            request, username=username, password=password
        )
    except ValidationError as error:
        raise TooMany(" ".join(error.messages)) from error
    except PermissionDenied as error:
        raise NotAllowed(
            "The host cannot determine your address: its setting COPYTRACE_HOST_PROXIES does not match its proxies."
            " Contact the organisers."
        ) from error
    if account is None:
        raise NotAllowed("Wrong username or password.")
    return account


def _me(account: Account) -> dict[str, Any]:
    return {"username": account.username, "email": account.email, "organiser": account.is_staff}


def _token(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a token
    return {
        name: getattr(row, name)
        for name in ("id", "name", "scopes", "created_at", "expires_at", "last_used_at")
    }
