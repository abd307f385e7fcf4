from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx
import pytest

from copytrace.client import Host, HostProblem, HostUnreachable
from copytrace.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def asked(answer: Callable[[httpx.Request], httpx.Response], address: str = "https://host.example/") -> Host:
    return Host(address, "secret", transport=httpx.MockTransport(answer))


class Echo(BaseHTTPRequestHandler):
    """Answers with its own port and the requested path."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[tuple[str, int], str]]

    def do_GET(self) -> None:
        self.seen.append((self.client_address, self.path))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def echo() -> Iterator[tuple[str, list[tuple[tuple[str, int], str]]]]:
    handler = type("Handler", (Echo,), {"seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", handler.seen
        server.shutdown()


def test_a_path_is_quoted_and_the_token_sent() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert str(request.url) == "https://host.example/api/v1/teams/a%2Fb%20c?page=2"
        assert request.headers["Authorization"] == "Bearer secret"
        assert request.headers["User-Agent"].startswith("copytrace/")
        return httpx.Response(200, json={"items": []})

    assert asked(answer).get("teams", "a/b c", page=2) == {"items": []}


def test_headers_are_found_in_small_letters() -> None:
    host = asked(lambda _: httpx.Response(201, headers={"Upload-Offset": "7"}, content=b"x"))
    status, headers, content = host.request("PATCH", "/api/v1/uploads/1", body=b"x")
    assert (status, headers["upload-offset"], content) == (201, "7", b"x")


def test_a_refusal_carries_the_hosts_sentence_and_faults() -> None:
    host = asked(lambda _: httpx.Response(422, json={"detail": "Two faults.", "faults": ["a", "b"]}))
    with pytest.raises(HostProblem, match=r"^Two faults\.$") as raised:
        host.post("teams", body={"name": "A"})
    assert (raised.value.status, raised.value.faults) == (422, ("a", "b"))


@pytest.mark.parametrize("content", ["<html>", "[]", "null", '{"detale": 1}'])
def test_an_error_page_of_a_proxy_is_reported_by_its_status(content: str) -> None:
    host = asked(lambda _: httpx.Response(502, text=content))
    with pytest.raises(HostProblem, match=r"returned 502 \(Bad Gateway\) without an explanation"):
        host.get("teams")


def test_a_broken_connection_is_reported() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("timed out", request=request)

    with pytest.raises(HostUnreachable, match=r"^https://host\.example is not responding \(timed out\)"):
        asked(answer).get("teams")


@pytest.mark.parametrize(
    "address", ["host.example", "ftp://host.example", "https://", "https://a:b", "https://[::1"]
)
def test_an_invalid_address_is_refused(address: str) -> None:
    with pytest.raises(InputError, match=r"^Invalid host address '"):
        Host(address)


@pytest.mark.parametrize("token", ["secret\n", "secr\u00e9t"])
def test_an_invalid_token_is_refused(token: str) -> None:
    with pytest.raises(InputError, match="invalid characters"):
        Host("https://host.example", token)


def test_requests_share_a_connection() -> None:
    with echo() as (address, seen):
        host = Host(address)
        host.get("a")
        host.get("b")
    assert [path for _, path in seen] == ["/api/v1/a", "/api/v1/b"]
    assert len({client for client, _ in seen}) == 1


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    with echo() as (proxy, seen):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        Host("http://host.example").get("a")
    assert [path for _, path in seen] == ["http://host.example/api/v1/a"]


def test_a_redirect_is_reported_rather_than_followed_with_the_token() -> None:
    host = asked(lambda _: httpx.Response(301, headers={"Location": "https://new.example/api/v1/teams"}))
    with pytest.raises(HostProblem, match=r"redirects to https://new\.example/.*copytrace login"):
        host.get("teams")


def test_a_page_where_data_is_expected_is_a_problem_and_not_a_crash() -> None:
    with pytest.raises(HostProblem, match="returned a web page"):
        asked(lambda _: httpx.Response(200, html="<h1>Welcome</h1>")).get("teams")


def test_a_proxy_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://proxy.example")
    with pytest.raises(InputError, match="ALL_PROXY"):
        Host("https://host.example")
