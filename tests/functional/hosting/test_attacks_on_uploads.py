"""Clients that hog connections, quotas and disks get only a limited share.

One site for all tests of this file, with eight threads: four may receive uploads, two read forms.
"""

from __future__ import annotations

import json
import select
import socket
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import requests

from copytrace.client import HostProblem, begin_upload
from hosting_site import Player, Site, wait_until
from hosting_world import challenge_content, matches_csv, write_challenge_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, blank: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("attacked")
    found = Site(folder / "data", "", UPLOADS_AT_ONCE="3", UPLOAD_QUOTA_MB="10")
    found.data.mkdir()
    (found.data / blank.name).write_bytes(blank.read_bytes())
    found.run("load", str(write_challenge_folder(folder / "challenge", challenge_content(datetime.now(UTC)))))
    found.start("web", "--port", str(found.port), "--threads", "8")
    found.wait_for_web()
    yield found
    found.end()


@pytest.fixture(scope="module", autouse=True)
def unfinished(site: Site) -> Iterator[socket.socket]:
    """A connection opened before all tests, so that none of them must wait for it to time out."""
    with closing(connect(site, "GET / HTTP/1.1\r\n")) as connection:
        yield connection


@pytest.fixture(scope="module")
def players(site: Site) -> list[Player]:
    return [Player(site, name).join() for name in ("ann", "bob")]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "matches.csv"
    path.write_bytes(matches_csv())
    return path


def connect(site: Site, head: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", site.port), timeout=60)
    connection.sendall(head.encode())
    return connection


def slow_upload(site: Site, player: Player, file: Path) -> socket.socket:
    """An upload of which only one byte arrives."""
    return connect(
        site,
        f"PATCH /api/v1/uploads/{begin_upload(player.host, file)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Tus-Resumable: 1.0.0\r\nAuthorization: Bearer {player.token}\r\nUpload-Offset: 0\r\n"
        f"Content-Type: application/offset+octet-stream\r\nContent-Length: {file.stat().st_size}\r\n\r\nq",
    )


def answer(connection: socket.socket) -> str:
    """The headers of the answer on a connection."""
    found = b""
    while b"\r\n\r\n" not in found and (piece := connection.recv(4096)):
        found += piece
    return found.decode().partition("\r\n\r\n")[0]


def answered(connections: list[socket.socket]) -> list[socket.socket]:
    return select.select(connections, [], [], 0)[0]


def front_page_answers(site: Site) -> bool:
    return requests.get(site.address, timeout=30).status_code == 200


def test_unfinished_heads_take_no_thread(site):
    with ExitStack() as held:
        for _ in range(50):
            held.enter_context(closing(connect(site, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")))
        assert front_page_answers(site)
        last = held.enter_context(closing(connect(site, "GET / HTTP/1.1\r\nHost:")))
        last.sendall(b" 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert answer(last).startswith("HTTP/1.1 200")


def test_a_head_that_does_not_arrive_is_given_up(unfinished):
    with suppress(ConnectionResetError):
        assert unfinished.recv(1) == b""


def test_slow_uploads_of_one_account_and_of_all_are_bounded(site, players, file):
    ann, bob = players
    with ExitStack() as held:
        for _ in range(3):
            held.enter_context(closing(slow_upload(site, ann, file)))
        fourth = answer(held.enter_context(closing(slow_upload(site, ann, file))))
        assert fourth.startswith("HTTP/1.1 503")
        assert "Retry-After: 5" in fourth
        # Another account uses the last of the four slots.
        held.enter_context(closing(slow_upload(site, bob, file)))
        assert answer(held.enter_context(closing(slow_upload(site, bob, file)))).startswith("HTTP/1.1 503")
        assert front_page_answers(site)
    # Slots become free when the connections end.
    player = players[0]
    upload = begin_upload(player.host, file)
    body = {"upload": upload, "track": "matching", "phase": "one"}
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }
    number = player.host.post("challenges", "small", "submissions", body=body)["id"]

    def sent() -> bool:
        try:
            player.host.request("PATCH", f"/api/v1/uploads/{upload}", body=file.read_bytes(), headers=headers)
        except HostProblem as problem:
            assert problem.status == 503  # noqa: PT017 - any other refusal is a fault
            return False
        return True

    wait_until(sent, "the file is taken")
    query = f"SELECT state FROM hosting_submission WHERE id = {number}"  # noqa: S608 - a number of ours
    assert site.rows(query) == [("received",)]


def test_slow_forms_leave_threads_for_pages(site):
    head = "POST /api/v1/tokens HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    with ExitStack() as held:
        forms = [
            held.enter_context(closing(connect(site, f"{head}Content-Length: 100\r\n\r\n{{")))
            for _ in range(20)
        ]
        refused = wait_until(lambda: len(found := answered(forms)) == 18 and found, "all but two are refused")
        assert {answer(form).split()[1] for form in refused} == {"503"}
        assert front_page_answers(site)


def test_a_large_form_is_taken_only_where_a_file_is_expected(site, players):
    session = requests.Session()
    session.get(f"{site.address}/accounts/login/", timeout=30)
    token = {"csrfmiddlewaretoken": session.cookies["csrftoken"]}
    login = {"login": players[0].name, "password": players[0].password, **token}
    assert session.post(f"{site.address}/accounts/login/", login, timeout=30).ok
    large, beyond_quota = bytes(3_000_000), bytes(11 << 20)
    submit = f"{site.address}/challenges/small/submit/matching/one/"
    for address, content, status in ((site.address, large, 413), (submit, beyond_quota, 413)):
        found = session.post(f"{address}", files={"file": content}, data=token, timeout=30)
        assert found.status_code == status
    assert list((site.data / "incoming").iterdir()) == []


def test_bytes_that_never_come_are_promised_to_one_account_alone(site, players, tmp_path):
    ann, bob = players
    path = tmp_path / "big.csv"
    path.write_bytes(b"")
    with path.open("r+b") as big:
        big.truncate(6 << 20)
    body = {"track": "descriptor", "phase": "one"}
    upload = begin_upload(bob.host, path)
    bob.host.post("challenges", "small", "submissions", body={**body, "upload": upload})
    with pytest.raises(HostProblem, match="Your pending uploads already take"):
        begin_upload(bob.host, path)
    assert begin_upload(ann.host, path)


def test_members_who_submitted_for_a_team_cannot_leave_it(site, players, file):
    ann = players[0]
    ann.submit(file)
    with pytest.raises(HostProblem, match="Only the organisers can move members"):
        ann.host.request("DELETE", "/api/v1/challenges/small/team/members/ann")
    site.run("change-team", "small", "ann", "--to", "team bob", "--reason", "both teams asked for it")
    assert ann.host.get("challenges", "small", "team")["name"] == "team bob"


def test_the_sites_files_are_closed_to_other_users(site, players, file):
    begin_upload(players[1].host, file)
    assert [path for path in [site.data, *site.data.rglob("*")] if path.stat().st_mode & 0o077] == []
    said = (site.data.parent / "stderr.log").read_text()
    assert f"{site.data}: removed other users' access to " in said


def test_the_site_checks_itself(site, players):
    found = {one["check"]: one for one in json.loads(site.run("check", "--json"))}
    assert {name for name, one in found.items() if one["level"] != "ok"} == {"e-mail"}
    assert found["database"]["text"] == "SQLite"
