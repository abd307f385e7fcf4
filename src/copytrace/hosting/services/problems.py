"""Reasons why services refuse a request, each with its HTTP status."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from copytrace.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Problem(InputError):
    """The request cannot be granted in the present state; the message says why and what to do."""

    status: ClassVar[int] = 409
    title: ClassVar[str] = "Not possible right now"
    headers: ClassVar[Mapping[str, str]] = {}


class NotAllowed(Problem):
    """The account is not allowed to do this."""

    status = 403
    title = "Not allowed"


class NotFound(Problem):
    """It does not exist, or the account is not allowed to know that it does."""

    status = 404
    title = "Not found"


class Unusable(Problem):
    """The input is invalid."""

    status = 422
    title = "Invalid input"


class TooMany(Problem):
    """A limit is reached."""

    status = 429
    title = "Limit reached"


class TooLarge(Problem):
    """A file is larger than the host accepts."""

    status = 413
    title = "Too large"


class NoRoom(Problem):
    """The host's disk is too full."""

    status = 507
    title = "No disk space left"


class Away(Problem):
    """The database or the file store does not respond."""

    status = 503
    title = "Temporarily unavailable"


class Busy(Problem):
    """No more requests of this kind can be read at the moment."""

    status = 503
    title = "The host is busy"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "5"}


class IllegalMove(Problem):
    """The new state cannot follow the present one."""


class Locked(Problem):
    """Another request is writing to the upload."""

    status = 423
    title = "Locked"


class ChecksumMismatch(Problem):
    """A piece does not match its checksum; the protocol defines status 460 for this."""

    status = 460
    title = "Checksum mismatch"
