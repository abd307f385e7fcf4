"""Downloading the files of a run, from a simulated host."""

from __future__ import annotations

import base64
import hashlib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from copytrace.client import Host, HostProblem, HostUnreachable, WorkHost, work

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = b"0123456789"
FILE = SimpleNamespace(name="uploads/1/a b.csv", size=10, version="")


class Played:
    """Answers requests with the given answers, then with pieces of the file."""

    def __init__(self, *first: httpx.Response) -> None:
        self.asked: list[httpx.Request] = []
        self._first = list(first)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self._first:
            return self._first.pop(0)
        low, high = map(int, request.headers["Range"].removeprefix("bytes=").split("-"))
        return piece(CONTENT[low : high + 1])


def piece(content: bytes, *, of: bytes | None = None) -> httpx.Response:
    """An answer with the digest of its content, or with a wrong digest."""
    digest = base64.b64encode(hashlib.sha256(content if of is None else of).digest()).decode()
    return httpx.Response(206, content=content, headers={"Content-Digest": f"sha-256=:{digest}:"})


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "PIECE", 4)
    monkeypatch.setattr(work.time, "sleep", lambda _: None)


def host(played: Any) -> WorkHost:
    return WorkHost(Host("https://host.example", "ct_x", transport=httpx.MockTransport(played)))


def ranges(played: Played) -> list[str]:
    return [request.headers["Range"] for request in played.asked]


def test_a_file_is_fetched_in_pieces_with_the_token_of_its_run(tmp_path: Path) -> None:
    played = Played()
    host(played).fetch(3, "f" * 32, FILE, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert ranges(played) == ["bytes=0-3", "bytes=4-7", "bytes=8-9"]
    assert played.asked[0].headers["X-Run-Token"] == "f" * 32
    assert str(played.asked[0].url).endswith("/api/v1/work/runs/3/files?name=uploads%2F1%2Fa%20b.csv")


def test_what_is_here_is_not_fetched_again_and_an_outage_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(CONTENT[:6])
    played = Played(httpx.Response(503, json={"detail": "later"}))
    host(played).fetch(3, "f" * 32, FILE, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert ranges(played) == ["bytes=6-9", "bytes=6-9"]


def test_a_piece_that_arrives_damaged_is_fetched_again(tmp_path: Path) -> None:
    played = Played(piece(b"012x", of=b"0123"))
    host(played).fetch(3, "f" * 32, FILE, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert ranges(played)[:2] == ["bytes=0-3", "bytes=0-3"]


def test_a_host_that_sends_nothing_but_damage_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(HostUnreachable, match="arrived damaged"):
        host(lambda _: httpx.Response(206, content=b"")).fetch(3, "f" * 32, FILE, tmp_path / "a")


def test_a_lost_run_is_not_fetched_further(tmp_path: Path) -> None:
    lost = httpx.Response(404, json={"detail": "Run 3 is not yours"})
    with pytest.raises(HostProblem, match="not yours"):
        host(Played(lost)).fetch(3, "f" * 32, FILE, tmp_path / "a")


def test_a_lost_run_is_no_longer_held() -> None:
    lost = httpx.Response(404, json={"detail": "Run 3 is not yours"})
    assert host(Played(lost)).tell(3, "heartbeats", {}) is False
    assert host(lambda _: httpx.Response(200, json={"held": True})).tell(3, "heartbeats", {}) is True


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_host_that_may_answer_later_is_away(status: int) -> None:
    with pytest.raises(HostUnreachable, match="later"):
        host(Played(httpx.Response(status, json={"detail": "later"}))).claim("w")


def test_a_host_that_refuses_the_worker_says_why() -> None:
    refused = httpx.Response(409, json={"detail": "Install the same version."})
    with pytest.raises(HostProblem, match="same version"):
        host(Played(refused)).claim("w")
