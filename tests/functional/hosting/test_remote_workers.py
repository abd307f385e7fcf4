"""Workers with only a site's address, without its database and folder: each file gets one score."""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import suppress

import pytest

from hosting_site import Machine, Player, new_site, wait_until
from hosting_world import matches_csv, write_full

SLOW = "5000"
"""Enough replicates for scoring to take a second or more, so that something can happen meanwhile."""


class Network:
    """The connection of a machine to the site, until it is cut.

    While it is cut, connections stay open but no data comes through, as with an unplugged cable.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._whole = threading.Event()
        self._whole.set()
        self.address = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self._start(self._accept)

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        """Let new connections through; the old ones are dead."""
        self._end(*self._connections)
        self._whole.set()

    def close(self) -> None:
        self._end(self._server)
        self._threads[0].join()
        self.mend()
        for thread in self._threads:
            thread.join()
        for connection in (self._server, *self._connections):
            connection.close()

    def _start(self, act, *args):
        self._threads.append(threading.Thread(target=act, args=args))
        self._threads[-1].start()

    def _end(self, *connections):
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                self._connections += [near, far]
                self._start(self._forward, near, far)
                self._start(self._forward, far, near)

    def _forward(self, source, target):
        with suppress(OSError):
            while content := source.recv(1 << 16):
                self._whole.wait()
                target.sendall(content)
            target.shutdown(socket.SHUT_WR)


@pytest.fixture
def network(site):
    found = Network(site.port)
    yield found
    found.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory, blank):
    found = new_site(tmp_path_factory.mktemp("site"), blank, BOOTSTRAP=SLOW)
    found.web()
    yield found
    found.end()


@pytest.fixture(scope="module")
def machine(site):
    return Machine(site)


@pytest.fixture(scope="module")
def ann(site):
    return Player(site, "ann").join()


@pytest.fixture
def worker(machine):
    """Starts workers of the machine, and ends them after the test."""
    started = []

    def start(address=""):
        started.append(machine.worker(address))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def matches(tmp_path):
    path = tmp_path / "matches.csv"
    path.write_bytes(matches_csv())
    return path


def _run(site, number):
    """Worker, attempt, score and state of the only run of a submission."""
    query = "SELECT submission_id, worker, attempt, public_score, state, stage FROM hosting_scoringrun"
    ((_, worker, *rest),) = [row for row in site.rows(query) if row[0] == number]
    return int(worker.rpartition(":")[2] or 0), *rest


def _scored(site, number):
    wait_until(lambda: _run(site, number)[3] == "done", "the submission is scored")
    pid, attempt, score, state, _ = _run(site, number)
    assert (score, state) == (1.0, "done")
    assert site.rows("SELECT count(*) FROM hosting_submission WHERE state = 'scored'") == site.rows(
        "SELECT count(*) FROM hosting_scoringrun WHERE state = 'done'"
    )
    return pid, attempt


def _scoring(site, number, process):
    """Wait until the worker is scoring and has renewed its lease, so that it knows it holds the run."""
    wait_until(lambda: _run(site, number)[3:] == ("running", "score"), "the worker claims the run")
    assert _run(site, number)[0] == process.pid
    (first,) = _leases(site)
    wait_until(lambda: _leases(site) > [first], "the worker renews its lease")


def _leases(site):
    return site.rows("SELECT lease_expires_at FROM hosting_scoringrun WHERE state = 'running'")


def test_files_of_both_tracks_are_scored_by_the_site_s_address_alone(site, ann, worker, matches, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("query_id,reference_id,score\nQ99,R01,nan\n")
    sent = [
        ann.submit(matches),
        ann.submit(write_full(tmp_path / "full.h5"), "descriptor"),
        ann.submit(bad),
    ]
    process = worker()
    good, full, refused = (submission["id"] for submission in sent)
    assert _scored(site, good) == _scored(site, full) == (process.pid, 1)
    wait_until(lambda: _run(site, refused)[3] == "dead", "the bad file is refused")
    assert ann.host.get("submissions", refused)["faults"][0].startswith("bad.csv: row 2: ")
    process.terminate()
    assert process.wait(20) == 0


def test_what_a_killed_worker_held_is_scored_by_another(site, ann, worker, matches):
    number = ann.submit(matches)["id"]
    killed = worker()
    _scoring(site, number, killed)
    killed.kill()
    other = worker()
    assert _scored(site, number) == (other.pid, 2)


def test_a_worker_that_was_stopped_beyond_its_lease_changes_nothing_when_it_continues(
    site, ann, worker, machine, matches
):
    number = ann.submit(matches)["id"]
    stopped = worker()
    _scoring(site, number, stopped)
    os.kill(stopped.pid, signal.SIGSTOP)
    other = worker()
    assert _scored(site, number) == (other.pid, 2)
    lost = machine.log().count("was taken over by another worker")
    os.kill(stopped.pid, signal.SIGCONT)
    wait_until(
        lambda: machine.log().count("was taken over by another worker") > lost, "the late worker notices"
    )
    assert _scored(site, number) == (other.pid, 2)


def test_a_worker_whose_network_was_cut_changes_nothing_when_it_is_back(
    site, ann, worker, machine, network, matches
):
    number = ann.submit(matches)["id"]
    alone = worker(network.address)
    _scoring(site, number, alone)
    network.cut()
    other = worker()
    assert _scored(site, number) == (other.pid, 2)
    lost = machine.log().count("was taken over by another worker")
    network.mend()
    wait_until(
        lambda: machine.log().count("was taken over by another worker") > lost, "the late worker notices"
    )
    assert _scored(site, number) == (other.pid, 2)
