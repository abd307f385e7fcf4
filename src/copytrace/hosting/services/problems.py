"""What the services refuse, each with the HTTP status that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from copytrace.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Problem(InputError):
    """A request that cannot be granted as things stand; the message says why and what to do."""

    status: ClassVar[int] = 409
    title: ClassVar[str] = "This is not possible now"
    headers: ClassVar[Mapping[str, str]] = {}


class NotAllowed(Problem):
    """The account may not do this."""

    status = 403
    title = "Not allowed"


class NotFound(Problem):
    """There is no such thing, or it is none of the account's business."""

    status = 404
    title = "Not found"


class Unusable(Problem):
    """What was sent is not as wanted."""

    status = 422
    title = "What was sent cannot be used"


class TooMany(Problem):
    """A limit is reached."""

    status = 429
    title = "A limit is reached"


class TooLarge(Problem):
    """A file is larger than the host takes."""

    status = 413
    title = "Too large"


class NoRoom(Problem):
    """The host's disk is too full."""

    status = 507
    title = "The host has no room"


class Away(Problem):
    """The database does not answer."""

    status = 503
    title = "The host is not quite there"


class Busy(Problem):
    """No more requests of this kind can be read at the moment."""

    status = 503
    title = "The host is busy"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "5"}


class IllegalMove(Problem):
    """A state that does not follow from the present one."""


class Locked(Problem):
    """Another request is writing to the upload."""

    status = 423
    title = "Locked"


class ChecksumMismatch(Problem):
    """A piece is not what its checksum says; 460 is the status the protocol gives it."""

    status = 460
    title = "Checksum mismatch"
