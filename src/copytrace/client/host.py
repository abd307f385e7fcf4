"""Requests to the API of a challenge host."""

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
"""Seconds to reuse an idle connection; shorter than servers keep one open."""


class HostProblem(InputError):  # noqa: N818 - what the host answers (RFC 9457), with a status
    """The host refused a request; the message says why and what to do.

    Attributes:
        status: the HTTP status.
        faults: all reasons, if there are several.
    """

    def __init__(self, status: int, detail: str, faults: Sequence[str] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.faults = tuple(faults)


class HostUnreachable(MissingDependencyError):  # noqa: N818 - a state of the world rather than a mistake
    """The host does not respond."""


class Host:
    """A host, for the account of a token; uses the proxies set in the environment.

    Attributes:
        address: its address, such as https://challenge.example.org.
        token: identifies the account; empty for none.
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
                # The system's certificates, which may include those of an organisation.
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
        """GET a path of the API; its segments are quoted."""
        return self._ask("GET", path, params=query)

    def post(self, *path: object, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
        """POST to a path of the API."""
        return self._ask("POST", path, json=body)

    def lines(self, *path: object) -> list[str]:
        """GET a text from a path of the API, line by line."""
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
        """Send one request, without retries.

        Args:
            method: HTTP method.
            path: path below the host's address.
            body: the content to send.
            headers: additional headers.
            may_redirect: return a redirect, with its `location`, instead of refusing it.

        Returns:
            The status, the headers (names in lower case), and the content.

        Raises:
            HostUnreachable: the host did not respond.
            HostProblem: the host refused the request.
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
        # An HTML page, from the host or a proxy in front of it.
        return HostProblem(
            answer.status_code,
            f"The host returned {answer.status_code} ({answer.reason_phrase or 'unknown status'}) without an"
            " explanation. Try again later; if it keeps happening, contact the organisers.",
        )
