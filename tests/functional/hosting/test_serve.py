"""`copytrace host serve`: a site in an empty folder, and how it stops."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import closing, suppress

import psutil
import pytest
import requests

from copytrace.client import Host, HostUnreachable
from hosting_site import wait_until


def _environment() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("COPYTRACE_", "DJANGO_"))
    }


@pytest.fixture
def free_port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def served(tmp_path, free_port):
    """A site started in an empty folder."""
    log = tmp_path / "stderr.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "copytrace", "host", "serve", "--port", str(free_port)],
            cwd=tmp_path,
            env=_environment(),
            stdout=subprocess.DEVNULL,
            stderr=file,
        )
    process.log = log
    process.address = f"http://127.0.0.1:{free_port}"
    wait_until(lambda: process.poll() is None and _answers(process.address), "the site answers")
    process.family = psutil.Process(process.pid).children(recursive=True)
    yield process
    with suppress(ProcessLookupError):
        process.terminate()
    process.wait()


def _answers(address: str) -> bool:
    with suppress(HostUnreachable):
        Host(address).get("challenges")
        return True
    return False


def _run(folder, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "copytrace", "host", *arguments]
    return subprocess.run(
        command, cwd=folder, env=_environment(), capture_output=True, text=True, check=False
    )


def test_an_empty_folder_becomes_a_site_whose_first_link_works(served, tmp_path):
    said = served.log.read_text()
    assert f"Site: {served.address} " in said
    wait_until(lambda: "worker" in served.log.read_text(), "the worker has started")
    assert served.log.read_text().count("E-mails are printed, not sent.") == 1
    assert "Sign in as 'organiser'. Choose the password" in said
    assert "No challenges yet. Load one: copytrace host load FILE.yaml --data host-data" in said
    (link,) = re.findall(r"http://\S+/reset/key/\S+", said)
    assert "password1" in requests.get(link, timeout=60).text
    assert oct((tmp_path / "host-data").stat().st_mode & 0o777) == "0o700"
    without_images = _run(tmp_path, "load", "demo", "--data", "host-data")
    assert without_images.returncode == 2
    assert "--files demo/challenge" in without_images.stderr
    assert _run(tmp_path, "backup", "copy", "--data", "host-data").returncode == 0
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == ["host.sqlite3"]
    served.send_signal(signal.SIGINT)
    assert served.wait(30) == 0
    assert "Traceback" not in served.log.read_text()
    assert not psutil.wait_procs(served.family, timeout=10)[1]


def test_a_site_that_is_killed_leaves_no_process_behind(served, tmp_path):
    port = served.address.rpartition(":")[2]
    second = _run(tmp_path, "serve", "--port", port, "--data", "other")
    assert second.returncode == 2
    assert f"Cannot listen on 127.0.0.1, port {port}: Address already in use" in second.stderr
    assert not (tmp_path / "other").exists()
    served.kill()
    served.wait()
    assert not psutil.wait_procs(served.family, timeout=30)[1]
