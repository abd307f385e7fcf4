"""Access control."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from copytrace.errors import InputError
from copytrace.service.backend import Backend
from copytrace.service.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from copytrace.service.tokens import Scope

_LOG = logging.getLogger("copytrace.service")
_BEARER = HTTPBearer(auto_error=False, description="A token of: copytrace library token")


def backend_of(request: Request) -> Backend:
    """The backend of the application that answers the request."""
    backend: Backend = request.app.state.backend
    return backend


def _require(scope: Scope) -> Callable[..., str]:
    """A dependency that checks the scope; it returns the name of the token, or empty without tokens."""

    def check(
        request: Request, shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
    ) -> str:
        tokens = request.app.state.tokens
        if tokens is None:
            return ""
        try:
            token = None if shown is None else tokens.find(shown.credentials)
        except InputError as error:
            _LOG.error("%s", error)
            raise Problem(503, "The tokens of this service cannot be read.") from error
        if token is None:
            raise Problem(
                401,
                "Send a valid token: Authorization: Bearer ...",
                headers={"WWW-Authenticate": 'Bearer realm="copytrace"'},
            )
        if scope not in token.scopes:
            raise Problem(403, f"The token '{token.name}' does not have the scope '{scope}'.")
        return str(token.name)

    return check


Served = Annotated[Backend, Depends(backend_of)]
Reader = Annotated[str, Depends(_require("read"))]
Writer = Annotated[str, Depends(_require("write"))]
