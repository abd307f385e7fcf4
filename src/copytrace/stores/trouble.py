"""Explains a failed request in a few words, and tells whether a retry can help."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["missing", "refused", "changed", "no ranges", "busy", "broken", "wrong"]

_STATUS = re.compile(r"status code: (\d{3})([A-Za-z ]*)")
_BUSY = frozenset({429, 500, 502, 503, 504})
_OS_MESSAGE = re.compile(r'(?:message|error): "([^"]+)"')


@dataclass(frozen=True)
class Trouble:
    """Why a request failed.

    Attributes:
        kind: `missing` (404), `refused` (401, 403), `changed` (the file was replaced meanwhile), `no ranges` (the
            server sends whole files only), `busy` (429, 5xx), `broken` (the connection failed), `wrong` (anything
            else).
        reason: the explanation for people.
    """

    kind: Kind
    reason: str

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later."""
        return self.kind in {"busy", "broken"}


_REFUSED = {
    "401": Trouble("refused", "the source requires credentials (401 Unauthorized)"),
    "403": Trouble("refused", "the source refuses access (403 Forbidden)"),
}


def trouble_of(error: Exception) -> Trouble:
    """Interpret an error of the object store library."""
    from obstore.exceptions import (
        NotSupportedError,
        PermissionDeniedError,
        PreconditionError,
        UnauthenticatedError,
    )

    match error:
        case FileNotFoundError():
            return Trouble("missing", "not found at the source (404)")
        case PermissionDeniedError():
            return _REFUSED["403"]
        case UnauthenticatedError():
            return _REFUSED["401"]
        case PreconditionError():
            return Trouble("changed", "it was replaced at the source during the download")
        case NotSupportedError():
            return Trouble("no ranges", "the server sends whole files only")
    return _from_text(str(error))


_SIGNS: tuple[tuple[str, Trouble], ...] = (
    ("non-partial response", Trouble("no ranges", "the server sends whole files only")),
    ("error: Requested ", Trouble("wrong", "the source sent a different range than requested")),
    ("BareRedirect", Trouble("wrong", "the bucket is in another region; name it: --region")),
    ("kind: Timeout", Trouble("broken", "the source stopped responding")),
    ("kind: Interrupted", Trouble("broken", "the connection was lost")),
    ("kind: Body", Trouble("broken", "the connection was lost")),
    ("kind: Decode", Trouble("broken", "the connection was lost")),
    ("kind: Request", Trouble("broken", "the connection was lost")),
)


def _from_text(text: str) -> Trouble:
    """The library reports errors without a class of their own in words."""
    if found := _STATUS.search(text):
        if found[1] in _REFUSED:
            return _REFUSED[found[1]]
        reason = f"the source returned {found[1]}{found[2].rstrip()}"
        return Trouble("busy" if int(found[1]) in _BUSY else "wrong", reason)
    if "kind: Connect" in text:
        cause = _OS_MESSAGE.findall(text)
        return Trouble("broken", f"no connection ({cause[-1].lower()})" if cause else "no connection")
    return next((trouble for sign, trouble in _SIGNS if sign in text), Trouble("wrong", text.splitlines()[0]))
