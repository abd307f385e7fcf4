"""Interrupted uploads to a real server, with the standard client and with ours."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psutil
import pytest
from tusclient.client import TusClient

from copytrace.client import HostProblem, begin_upload, send
from hosting_site import wait_until
from hosting_world import matches_csv

if TYPE_CHECKING:
    from pathlib import Path

MEGABYTE = 1 << 20


def _begin(player, path: Path) -> str:
    return begin_upload(player.host, path)


def _send_part(site, player, upload: str, content: bytes, announced: int) -> socket.socket:
    """Begin a PATCH that announces more than it sends; the connection stays open."""
    connection = socket.create_connection(("127.0.0.1", site.port))
    head = (
        f"PATCH /api/v1/uploads/{upload} HTTP/1.1\r\nHost: 127.0.0.1\r\nTus-Resumable: 1.0.0\r\n"
        f"Authorization: Bearer {player.token}\r\nContent-Type: application/offset+octet-stream\r\n"
        f"Upload-Offset: 0\r\nContent-Length: {announced}\r\n\r\n"
    )
    connection.sendall(head.encode() + content)
    return connection


def _offset(site, upload: str) -> int:
    rows = site.rows('SELECT id, "offset" FROM hosting_upload')
    return next(offset for found, offset in rows if str(found).replace("-", "") == upload.replace("-", ""))


def _stored(site) -> bytes:
    (path,) = (site.data / "files" / "uploads").glob("*/*")
    return path.read_bytes()


def _content(megabytes: int) -> bytes:
    return b"".join(number.to_bytes(4, "little") for number in range(megabytes * MEGABYTE // 4))


@pytest.fixture
def site(make_site, database):
    return make_site(database)


class _SmallDisk:
    """Room for 8 MB of uploads: a file system of that size, or a process limit if none can be mounted."""

    def __init__(self, site) -> None:
        self._site = site
        self._folder = site.data / "files" / "uploads"
        self._folder.mkdir(parents=True)
        command = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(self._folder)]
        self._mounted = os.geteuid() == 0 and subprocess.run(command, check=False).returncode == 0
        self._web = site.web(None if self._mounted else {resource.RLIMIT_FSIZE: 8 * MEGABYTE})

    def grow(self) -> None:
        if self._mounted:
            subprocess.run(["mount", "-o", "remount,size=64m", str(self._folder)], check=True)
            return
        self._web.terminate()
        self._web.wait()
        self._site.web()

    def end(self) -> None:
        if self._mounted:
            subprocess.run(["umount", "--lazy", str(self._folder)], check=True)


@pytest.fixture
def small_disk(site):
    disk = _SmallDisk(site)
    yield disk
    disk.end()


def test_the_standard_client_resumes_after_a_cut_connection(site, make_player, tmp_path):
    site.web()
    player = make_player(site, "ann")
    path = tmp_path / "big.h5"
    path.write_bytes(_content(6))
    upload = _begin(player, path)
    _send_part(site, player, upload, path.read_bytes()[: 2 * MEGABYTE], 6 * MEGABYTE).close()
    wait_until(lambda: _offset(site, upload) > MEGABYTE, "what arrived is noted")
    client = TusClient(f"{site.address}/api/v1/uploads", headers={"Authorization": f"Bearer {player.token}"})
    address = f"{site.address}/api/v1/uploads/{upload}"
    with path.open("rb") as file:
        client.uploader(file_stream=file, url=address, chunk_size=MEGABYTE, upload_checksum=True).upload()
    assert _stored(site) == path.read_bytes()


def test_a_web_process_that_is_killed_in_the_middle_loses_little(site, make_player, tmp_path):
    web = site.web()
    player = make_player(site, "ann")
    path = tmp_path / "big.h5"
    path.write_bytes(_content(20))
    upload = _begin(player, path)
    with _send_part(site, player, upload, path.read_bytes()[: 12 * MEGABYTE], 20 * MEGABYTE):
        wait_until(lambda: _offset(site, upload) >= 8 * MEGABYTE, "the first part is noted")
        # The server's parent process and its child end together.
        for process in [*psutil.Process(web.pid).children(), web]:
            process.kill()
            process.wait()
    site.web()
    send(player.host, path, upload)
    assert _stored(site) == path.read_bytes()


def test_a_full_disk_is_reported_and_the_upload_resumes_when_there_is_room(
    small_disk, site, make_player, tmp_path
):
    player = make_player(site, "ann")
    path = tmp_path / "big.h5"
    path.write_bytes(_content(12))
    upload = _begin(player, path)
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }
    with pytest.raises(HostProblem, match="disk is full") as caught:
        player.host.request("PATCH", f"/api/v1/uploads/{upload}", body=path.read_bytes(), headers=headers)
    assert caught.value.status == 507
    assert 7 * MEGABYTE < _offset(site, upload) <= 8 * MEGABYTE
    small_disk.grow()
    send(player.host, path, upload)
    assert _stored(site) == path.read_bytes()


def test_posts_at_the_same_time_do_not_exceed_the_limit(make_site, make_player, database, tmp_path):
    site = make_site(database)
    site.start("web", "--port", str(site.port), "--workers", "2", "--threads", "8")
    site.wait_for_web()
    player = make_player(site, "ann")
    site.set_limit(3)
    path = tmp_path / "matches.csv"
    path.write_bytes(matches_csv())
    uploads = [_begin(player, path) for _ in range(12)]
    for upload in uploads:
        send(player.host, path, upload)

    def submit(upload: str) -> int:
        body = {"upload": upload, "track": "matching", "phase": "one"}
        try:
            player.host.post("challenges", "small", "submissions", body=body)
        except HostProblem as problem:
            return problem.status
        return 201

    with ThreadPoolExecutor(12) as threads:
        answers = sorted(threads.map(submit, uploads))
    assert answers == [201] * 3 + [429] * 9
    assert site.states() == {"received": 3}
    listed = player.host.get("challenges", "small", "submissions")["items"]
    waiting = [player.host.get("submissions", one["id"])["queue_position"] for one in reversed(listed)]
    assert waiting == [1, 2, 3]
