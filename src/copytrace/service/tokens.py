"""Tokens prove a program's permissions. A file contains their digests, never the tokens themselves."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from copytrace.errors import InputError
from copytrace.files import whole_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Scope = Literal["read", "write"]
SCOPES: tuple[Scope, ...] = ("read", "write")
"""`read` looks up; `write` changes the library and decides reviews."""


class Token(BaseModel):
    """A token in the file.

    Attributes:
        name: its name for people.
        scopes: its permissions.
        sha256: digest of the token.
        created_at: in UTC.
        expires_at: in UTC; None: never.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    scopes: tuple[Scope, ...]
    sha256: str
    created_at: datetime
    expires_at: datetime | None = None

    def is_valid(self) -> bool:
        """Whether it has not expired."""
        return self.expires_at is None or datetime.now(UTC) < self.expires_at


_TOKENS = TypeAdapter(list[Token])


def read_tokens(path: Path) -> list[Token]:
    """The tokens of a file.

    Raises:
        InputError: it cannot be read, or is something else.
    """
    try:
        return _TOKENS.validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror}. Create a token: copytrace library token {path} --name NAME"
        ) from error
    except ValidationError as error:
        raise InputError(f"{path}: is not a file of tokens: {error.errors()[0]['msg']}.") from error


def issue_token(path: Path, name: str, scopes: Sequence[Scope], days: int | None = None) -> str:
    """Add a token to a file, created if missing.

    Returns:
        The token, which is not stored anywhere.

    Raises:
        InputError: the file already has a token with that name, or cannot be used.
    """
    tokens = read_tokens(path) if path.exists() else []
    if any(token.name == name for token in tokens):
        raise InputError(
            f"{path}: already has a token '{name}'. Choose another name, or revoke it first: --revoke"
        )
    secret = f"ctl_{secrets.token_urlsafe(32)}"
    now = datetime.now(UTC).replace(microsecond=0)
    expires = None if days is None else now + timedelta(days=days)
    new = Token(name=name, scopes=tuple(scopes), sha256=_digest(secret), created_at=now, expires_at=expires)
    _write(path, [*tokens, new])
    return secret


def revoke_token(path: Path, name: str) -> None:
    """Remove a token from a file.

    Raises:
        InputError: there is no token with that name.
    """
    tokens = read_tokens(path)
    left = [token for token in tokens if token.name != name]
    if len(left) == len(tokens):
        names = ", ".join(token.name for token in tokens) or "none"
        raise InputError(f"{path}: has no token '{name}'. It has: {names}")
    _write(path, left)


class TokenFile:
    """The tokens of a file, reread when it changes.

    Args:
        path: the file.

    Raises:
        InputError: it cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._version = self._seen()
        self._tokens = {token.sha256: token for token in read_tokens(path)}

    def find(self, secret: str) -> Token | None:
        """The token with this secret, if it is valid.

        Raises:
            InputError: the file has become unusable.
        """
        if (version := self._seen()) != self._version:
            self._tokens = {token.sha256: token for token in read_tokens(self._path)}
            self._version = version
        token = self._tokens.get(_digest(secret))
        return token if token is not None and token.is_valid() else None

    def _seen(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino


def _digest(secret: str) -> str:
    # A token has 256 random bits: a plain digest of it cannot be reversed, unlike a password's.
    return hashlib.sha256(secret.encode()).hexdigest()


def _write(path: Path, tokens: Sequence[Token]) -> None:
    with whole_file(path) as temporary:
        temporary.touch(0o600)
        temporary.write_bytes(_TOKENS.dump_json(list(tokens), indent=2) + b"\n")
