"""Sends parts to a host's bucket and fetches pieces from it, at addresses from the host."""

from __future__ import annotations

import base64
import hashlib
import ssl
from functools import cache

import httpx

from copytrace.client.host import SECONDS, HostProblem, HostUnreachable

_TRY_AGAIN = {400, 403}
# 400: damaged in transit; 403: the address has expired.
_SERVER_ERROR = 500


@cache
def _client() -> httpx.Client:
    """A client without the host's token, which must not be sent elsewhere."""
    return httpx.Client(verify=ssl.create_default_context(), timeout=SECONDS)


def put_part(url: str, content: bytes) -> None:
    """Store a part.

    Raises:
        HostUnreachable: the part arrived damaged, its address has expired, or the bucket did not respond.
        HostProblem: the bucket refuses the part.
    """
    digest = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
    _sent("PUT", url, content=content, headers={"Content-MD5": digest})


def get_piece(url: str, span: str, version: str) -> bytes:
    """Fetch bytes of one version of a file.

    Args:
        url: its address.
        span: `bytes=FIRST-LAST`.
        version: the ETag it must have.

    Raises:
        HostUnreachable: the bucket does not respond.
        HostProblem: the file was replaced or deleted.
    """
    return _sent("GET", url, headers={"Range": span, "If-Match": version}).content


def _sent(method: str, url: str, **sent: object) -> httpx.Response:
    place = httpx.URL(url).host
    try:
        answer = _client().request(method, url, **sent)  # type: ignore[arg-type]
    except httpx.HTTPError as error:
        raise HostUnreachable(f"The host's file store {place} is not responding ({error}).") from error
    if answer.is_success:
        return answer
    words = f"The host's file store {place} returned {answer.status_code} ({answer.reason_phrase})."
    if answer.status_code in _TRY_AGAIN or answer.status_code >= _SERVER_ERROR:
        raise HostUnreachable(words)
    raise HostProblem(answer.status_code, words)
