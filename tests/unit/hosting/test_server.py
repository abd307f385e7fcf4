"""How long a web process waits for a client."""

from __future__ import annotations

import socket

import pytest

from copytrace.hosting.web import server


@pytest.fixture
def pair(monkeypatch):
    """A client and the server's side of its connection, whose windows are short."""
    monkeypatch.setattr(server, "WINDOW_SECONDS", 0.05)
    client, ours = socket.socketpair()
    paced = server.PacedSocket(fileno=ours.detach())
    paced.begin()
    with client, paced:
        yield client, paced


def test_a_client_that_sends_too_little_in_a_window_is_cut_off(pair):
    client, paced = pair
    client.sendall(b"q")
    assert paced.recv(100) == b"q"
    for _ in range(2):
        with pytest.raises(ConnectionResetError, match="too slow"):
            paced.recv(100)


def test_a_client_that_sent_enough_in_a_window_has_another(pair):
    client, paced = pair
    client.sendall(bytes(300))
    assert len(paced.recv(1000)) == 300
    with pytest.raises(ConnectionResetError, match="too slow"):
        # It waited for one more window before it gave up.
        paced.recv(100)
    assert paced._arrived == 0


def test_nothing_is_awaited_once_the_request_is_answered(pair, monkeypatch):
    client, paced = pair
    monkeypatch.setattr(server, "WINDOW_SECONDS", 1000)
    client.sendall(b"rest")
    paced.end()
    assert paced.recv(100) == b"rest"
    with pytest.raises(ConnectionResetError):
        paced.recv(100)


@pytest.mark.parametrize(
    ("sent", "here"),
    [
        (b"", False),
        (b"GET / HTTP/1.1\r\n", False),
        (b"GET / HTTP/1.1\r\n\r\n", True),
        (bytes(server.LONGEST_HEAD), True),
    ],
)
def test_a_head_is_here_when_it_has_its_end_or_is_too_long(sent, here, pair):
    client, paced = pair
    client.sendall(sent)
    assert paced.head_is_here() is here
    assert not paced.has_ended() or not sent


def test_a_disconnected_client_is_noticed(pair):
    client, paced = pair
    client.close()
    assert paced.head_is_here()
    assert paced.has_ended()
