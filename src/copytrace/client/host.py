"""Asks a challenge host, through its API."""

from __future__ import annotations

import ssl
import weakref
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

import copytrace
from copytrace.errors import InputError, MissingDependencyError, printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

API = "/api/v1"
SECONDS = 60

_IDLE_SECONDS = 1
"""A connection is reused within this time, which is shorter than any server keeps an idle one open."""


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


class Host:
    """A host at an address, for the account of a token; proxies of the environment are used.

    Attributes:
        address: such as https://challenge.example.org.
        token: says who asks; empty for nobody.
    """

    def __init__(
        self, address: str, token: str = "", *, transport: httpx.BaseTransport | None = None
    ) -> None:
        if not token.isascii() or not token.isprintable():
            raise InputError("The token contains invalid characters. Log in again: copytrace login")
        self.address = address.rstrip("/")
        self.token = token
        self._origin = _origin(address)
        headers = {"User-Agent": f"copytrace/{copytrace.__version__}", "Accept": "application/json"}
        try:
            self._client = httpx.Client(
                headers=headers | ({"Authorization": f"Bearer {token}"} if token else {}),
                # The certificates of the system, among which an organisation may have put its own.
                verify=ssl.create_default_context(),
                timeout=SECONDS,
                limits=httpx.Limits(keepalive_expiry=_IDLE_SECONDS),
                transport=transport,
            )
        except (ImportError, ValueError) as error:
            raise InputError(
                f"Cannot use the configured proxy: {str(error).rstrip('.')}. Correct or unset HTTPS_PROXY or ALL_PROXY."
            ) from error
        weakref.finalize(self, self._client.close)

    def get(self, *path: object, **query: object) -> Any:  # noqa: ANN401 - JSON
        """What stands at a path of the API; its steps are quoted."""
        return self._ask("GET", path, params=query)

    def post(self, *path: object, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Add something."""
        return self._ask("POST", path, json=body)

    def lines(self, *path: object) -> list[str]:
        """A text at a path of the API, line by line."""
        return self._sent("GET", _joined(path)).content.decode().splitlines()

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        may_redirect: bool = False,
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request, as it is.

        Args:
            method: of HTTP.
            path: below the host's address.
            body: the content to send.
            headers: besides the usual ones.
            may_redirect: return a redirect, with its `location`, rather than refuse it.

        Returns:
            The status, the headers with their names in small letters, and the content.

        Raises:
            HostUnreachable: there was no answer.
            HostProblem: the host refused it.
        """
        answer = self._sent(method, path, may_redirect=may_redirect, content=body, headers=headers)
        return answer.status_code, answer.headers, answer.content

    def _ask(self, method: str, path: tuple[object, ...], **sent: Any) -> Any:  # noqa: ANN401 - JSON
        answer = self._sent(method, _joined(path), **sent)
        try:
            return answer.json()
        except (ValueError, RecursionError) as error:
            raise HostProblem(
                answer.status_code,
                f"{self.address} returned a web page instead of data. Is it the address of a challenge site?",
            ) from error

    def _sent(
        self,
        method: str,
        path: str,
        *,
        may_redirect: bool = False,
        **sent: Any,  # noqa: ANN401 - what httpx takes
    ) -> httpx.Response:
        try:
            answer = self._client.request(method, self._origin + path, **sent)
        except httpx.HTTPError as error:
            raise HostUnreachable(
                f"{self.address} is not responding ({error}). Check the address and your network."
            ) from error
        if not (answer.is_success or (may_redirect and answer.has_redirect_location)):
            raise _problem(answer)
        return answer


def _origin(address: str) -> str:
    """Scheme, host and port of an address."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in {"http", "https"} or not url.host:
        raise InputError(
            f"Invalid host address {address!r}; expected https://... Log in again: copytrace login --host ADDRESS"
        )
    return f"{url.scheme}://{url.netloc.decode()}"


def _joined(path: tuple[object, ...]) -> str:
    return "/".join((API, *(quote(str(step), safe="") for step in path)))


def _problem(answer: httpx.Response) -> HostProblem:
    if answer.has_redirect_location:
        moved = answer.headers["Location"]
        return HostProblem(
            answer.status_code,
            f"The host redirects to {printable(moved)}. Log in at the new address: copytrace login --host ADDRESS",
        )
    try:
        found = answer.json()
        return HostProblem(answer.status_code, str(found["detail"]), found.get("faults") or ())
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        # A page of the host, or of a proxy before it.
        return HostProblem(
            answer.status_code,
            f"The host returned {answer.status_code} ({answer.reason_phrase or 'unknown status'}) without an"
            " explanation. Try again later; if it keeps happening, contact the organisers.",
        )
