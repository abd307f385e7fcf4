"""What a host answers when it does not do what it was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from copytrace.errors import InputError, MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Sequence


class HostProblem(InputError):  # noqa: N818 - what the host answers (RFC 9457), with a status
    """The host refused a request; its sentence says why and what to do.

    Attributes:
        status: the HTTP status.
        faults: all reasons, where there are several.
    """

    def __init__(self, status: int, detail: str, faults: Sequence[str] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.faults = tuple(faults)


class HostUnreachable(MissingDependencyError):  # noqa: N818 - a state of the world rather than a mistake
    """The host does not answer."""
