"""Workers that know only a site's address, without its database and folder: each file gets one score."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

from copytrace.client import Host
from hosting_site import PASSWORD, Player, wait_until
from hosting_world import matches_csv, write_full

LOGS = "SELECT worker, attempt, public_score, state FROM hosting_scoringrun ORDER BY id"


class Machine:
    """A machine that knows only the site's address."""

    def __init__(self, site: Any) -> None:
        self._site = site
        Player(site, "boss")
        site.execute("UPDATE hosting_account SET is_staff = true WHERE username = 'boss'")
        body = {"username": "boss", "password": PASSWORD, "scopes": ["work"]}
        self.token = Host(site.address).post("tokens", body=body)["token"]

    def worker(self) -> subprocess.Popen[bytes]:
        kept = {name: text for name, text in os.environ.items() if not name.startswith("COPYTRACE_HOST")}
        environment = kept | {"COPYTRACE_TOKEN": self.token}
        with (self._site.data.parent / "remote.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "copytrace", "host", "worker", "--host", self._site.address],
                env=environment,
                cwd=self._site.data.parent,
                stderr=log,
            )
        self._site.processes.append(process)
        return process

    def log(self) -> str:
        return (self._site.data.parent / "remote.log").read_text()


def _scoring(site: Any) -> int:
    query = "SELECT worker FROM hosting_scoringrun WHERE stage = 'score' AND state = 'running'"
    ((worker,),) = wait_until(lambda: site.rows(query), "a worker scores")
    return int(worker.rpartition(":")[2])


def test_files_of_both_tracks_are_scored_by_the_site_s_address_alone(make_site, make_player, tmp_path):
    site = make_site()
    site.web()
    player = make_player(site, "ann")
    matches = tmp_path / "matches.csv"
    matches.write_bytes(matches_csv())
    bad = tmp_path / "bad.csv"
    bad.write_text("query_id,reference_id,score\nQ99,R01,nan\n")
    player.submit(matches)
    player.submit(write_full(tmp_path / "full.h5"), "descriptor")
    player.submit(bad)
    machine = Machine(site)
    process = machine.worker()
    wait_until(lambda: site.states() == {"scored": 2, "refused": 1}, "all are decided")
    assert [(score, state) for _, _, score, state in site.rows(LOGS)] == [
        (1.0, "done"),
        (1.0, "done"),
        (None, "dead"),
    ]
    assert {int(worker.rpartition(":")[2]) for worker, *_ in site.rows(LOGS)} == {process.pid}
    assert player.host.get("submissions", 3)["faults"][0].startswith("bad.csv: row 2: ")
    process.terminate()
    assert process.wait(20) == 0


def test_what_a_killed_or_stopped_worker_held_is_counted_once(make_site, make_player, tmp_path):
    site = make_site(BOOTSTRAP="5000")
    site.web()
    path = tmp_path / "matches.csv"
    path.write_bytes(matches_csv())
    make_player(site, "ann").submit(path)
    machine = Machine(site)
    machine.worker()
    stopped = _scoring(site)
    os.kill(stopped, signal.SIGSTOP)
    machine.worker()
    wait_until(lambda: site.states() == {"scored": 1}, "the submission is scored")
    ((worker, attempt, score, state),) = site.rows(LOGS)
    assert not worker.endswith(f":{stopped}")
    assert (attempt, score, state) == (2, 1.0, "done")
    os.kill(stopped, signal.SIGCONT)
    wait_until(lambda: "was taken over by another worker" in machine.log(), "the late worker notices")
    assert site.rows(LOGS) == [(worker, attempt, score, state)]
