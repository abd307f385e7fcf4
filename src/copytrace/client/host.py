"""Asks a challenge host, through its API."""

from __future__ import annotations

import http.client
import json
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import copytrace
from copytrace.client.problems import HostProblem, HostUnreachable
from copytrace.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

API = "/api/v1"
SECONDS = 60
_FIRST_ERROR = 400


class Host:
    """A host at an address, for the account of a token.

    Attributes:
        address: such as https://challenge.example.org.
    """

    def __init__(self, address: str, token: str = "") -> None:
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InputError(
                f"The host's address is {address!r}; https://... is wanted: copytrace login --host ADDRESS"
            )
        self.address = address.rstrip("/")
        self._parts = parts
        self._token = token

    def get(self, *path: object, **query: object) -> Any:  # noqa: ANN401 - JSON
        """What stands at a path of the API; its steps are quoted."""
        return self._ask("GET", path, query=query)

    def post(self, *path: object, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Add something."""
        return self._ask("POST", path, body=body)

    def lines(self, *path: object) -> list[str]:
        """A text at a path of the API, line by line."""
        _, _, content = self.request("GET", _joined(path))
        return content.decode().splitlines()

    def request(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request, as it is.

        Returns:
            The status, the headers with their names in small letters, and the content.

        Raises:
            HostUnreachable: there was no answer.
            HostProblem: the host refused it.
        """
        connection = self._connection()
        sent = {
            "User-Agent": f"copytrace/{copytrace.__version__}",
            "Accept": "application/json",
            **(headers or {}),
        }
        if self._token:
            sent["Authorization"] = f"Bearer {self._token}"
        try:
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise HostUnreachable(
                f"{self.address} does not answer ({error}). Check the address and the network."
            ) from error
        finally:
            connection.close()
        if answer.status >= _FIRST_ERROR:
            raise _problem(answer.status, content)
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content

    def _ask(
        self,
        method: str,
        path: tuple[object, ...],
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Any:  # noqa: ANN401 - JSON
        target = _joined(path) + (f"?{urlencode(query)}" if query else "")
        content = None if body is None else json.dumps(body).encode()
        headers = {} if content is None else {"Content-Type": "application/json"}
        _, _, answer = self.request(method, target, body=content, headers=headers)
        return json.loads(answer)

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(
                host, port, timeout=SECONDS, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(host, port, timeout=SECONDS)


def _joined(path: tuple[object, ...]) -> str:
    return "/".join((API, *(quote(str(step), safe="") for step in path)))


def _problem(status: int, content: bytes) -> HostProblem:
    try:
        found = json.loads(content)
        faults = found.get("faults") or ()
        return HostProblem(status, str(found["detail"]), faults)
    except (ValueError, KeyError, AttributeError):
        # A page of the host, or of a proxy before it.
        phrase = http.client.responses.get(status, "an unknown status")
        return HostProblem(
            status,
            f"The host answered {status} ({phrase}) without a reason that this program can read. Try again later; "
            "if it stays so, tell its organisers.",
        )
