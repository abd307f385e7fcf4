"""Workers that are killed, stopped or disconnected, as real processes: on both databases, each file gets one score."""

from __future__ import annotations

import os
import random
import signal
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import h5py
import psutil
import pytest

from copytrace.client import begin_upload
from hosting_site import Player, new_site, wait_until
from hosting_world import challenge_content, matches_csv, write_full

if TYPE_CHECKING:
    from pathlib import Path

SLOW = "5000"
"""Enough replicates for scoring to take a second or more, so that something can happen meanwhile."""


def _submit(player: Any, tmp_path: Path) -> None:
    path = tmp_path / f"{player.name}.csv"
    path.write_bytes(matches_csv())
    player.submit(path)


def _scoring(site: Any) -> int:
    """Wait until a worker is scoring; return its process ID."""
    query = "SELECT worker FROM hosting_scoringrun WHERE stage = 'score' AND state = 'running'"
    ((worker,),) = wait_until(lambda: site.rows(query), "a worker scores")
    return int(worker.rpartition(":")[2])


def _scored(site: Any) -> tuple[Any, ...]:
    """Wait until the latest submission is scored; its only run's worker, attempt, score and log."""
    wait_until(lambda: _latest(site) == "scored", "the submission is scored")
    (run,) = site.rows(
        "SELECT worker, attempt, public_score, log FROM hosting_scoringrun"
        " WHERE submission_id = (SELECT max(id) FROM hosting_submission)"
    )
    assert run[2] == 1.0
    return run


def _latest(site: Any) -> str:
    """The state of the latest submission."""
    ((state,),) = site.rows("SELECT state FROM hosting_submission ORDER BY id DESC LIMIT 1")
    return state


@pytest.fixture(scope="module")
def shared_site(request, blank, tmp_path_factory):
    """Returns a slowly scoring site on either database, shared by all tests."""
    made = {}

    def site(kind):
        if kind not in made:
            database = "" if kind == "sqlite" else request.getfixturevalue("cluster").new_database()
            made[kind] = new_site(tmp_path_factory.mktemp(kind), blank, database, BOOTSTRAP=SLOW)
            made[kind].web()
            made[kind].player = Player(made[kind], "ann").join()
        return made[kind]

    yield site
    for one in made.values():
        one.end()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
def site(request, shared_site, tmp_path):
    """A site with a waiting submission and no workers."""
    found = shared_site(request.param)
    _submit(found.player, tmp_path)
    yield found
    for worker in found.processes[1:]:
        worker.kill()
        worker.wait()
    del found.processes[1:]


def test_another_worker_finishes_what_a_killed_one_began(site):
    for _ in range(2):
        site.worker()
    killed = _scoring(site)
    os.kill(killed, signal.SIGKILL)
    again = "SELECT 1 FROM hosting_scoringrun WHERE attempt = 2 AND state = 'running'"
    wait_until(lambda: site.rows(again), "the run is claimed again", patience=15)
    worker, attempt, *_ = _scored(site)
    assert not worker.endswith(f":{killed}")
    assert attempt == 2


def test_a_worker_that_was_stopped_beyond_its_lease_writes_nothing(site):
    for _ in range(2):
        site.worker()
    stopped = _scoring(site)
    os.kill(stopped, signal.SIGSTOP)
    run = _scored(site)
    log = site.data.parent / "stderr.log"
    lost = log.read_text().count("was taken over by another worker")
    os.kill(stopped, signal.SIGCONT)
    wait_until(
        lambda: log.read_text().count("was taken over by another worker") > lost, "the late worker notices"
    )
    assert _scored(site) == run
    assert not run[0].endswith(f":{stopped}")


def test_a_killed_child_costs_an_attempt_and_not_the_worker(site):
    worker = site.worker()
    _scoring(site)
    nursery = [
        one for one in psutil.Process(worker.pid).children() if "forkserver" in " ".join(one.cmdline())
    ]
    (child,) = wait_until(nursery[0].children, "the child runs")
    child.kill()
    name, attempt, _, log = _scored(site)
    assert name.endswith(f":{worker.pid}")
    assert attempt == 2
    assert "the process ended with -9 before it had a result" in log


def test_a_worker_that_is_told_to_stop_gives_back_what_it_has(site):
    first = site.worker()
    _scoring(site)
    first.terminate()
    assert first.wait(20) == 0
    assert _latest(site) == "queued"
    site.worker()
    assert _scored(site)[1] == 1


@pytest.mark.needs("postgresql")
def test_a_restart_of_the_database_in_the_middle_loses_nothing(make_site, make_player, cluster, tmp_path):
    site = make_site(cluster.new_database(), BOOTSTRAP=SLOW)
    site.web()
    _submit(make_player(site, "ann"), tmp_path)
    site.worker()
    _scoring(site)
    cluster.stop()
    cluster.start()
    _scored(site)


def test_a_file_that_always_ends_its_process_fails_and_costs_no_attempt(
    make_site, make_player, database, tmp_path
):
    # Too little memory to read anything at all.
    site = make_site(database, ATTEMPTS="2", CHILD_MEMORY_MB="1")
    site.web()
    player = make_player(site, "ann")
    _submit(player, tmp_path)
    site.worker()
    wait_until(lambda: site.states() == {"failed": 1}, "the submission fails")
    ((attempt, state, log),) = site.rows("SELECT attempt, state, log FROM hosting_scoringrun")
    assert (attempt, state) == (2, "dead")
    assert "given up after 2 attempts" in log
    used = player.host.get("challenges", "small", "team")["attempts"]
    assert {one["used"] for one in used} == {0}


def test_many_submissions_and_random_kills_give_each_exactly_one_score(
    make_site, make_player, database, tmp_path, kills
):
    site = make_site(database)
    site.web()
    kinds, between_kills = ("matching", "descriptor"), 6
    count = kills * between_kills
    files = {"matching": tmp_path / "matches.csv", "descriptor": write_full(tmp_path / "full.h5")}
    files["matching"].write_bytes(matches_csv())
    players = [make_player(site, f"player{number}") for number in range(4)]
    workers = [site.worker() for _ in range(3)]
    draw = random.Random(7)
    for number in range(count):
        kind = kinds[number % 2]
        players[number % len(players)].submit(files[kind], kind)
        if number % between_kills == between_kills - 1:
            victim = draw.randrange(len(workers))
            workers[victim].kill()
            workers[victim] = site.worker()
    wait_until(lambda: site.states() == {"scored": count}, "all are scored", patience=300)
    assert site.rows(
        "SELECT count(*), count(DISTINCT submission_id), min(public_score) FROM hosting_scoringrun"
    ) == [(count, count, 1.0)]
    assert site.rows("SELECT DISTINCT state FROM hosting_scoringrun") == [("done",)]


def test_a_mail_server_that_never_answers_delays_no_score(make_site, make_player, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as mail_server:
        site = make_site(EMAIL=f"smtp://127.0.0.1:{mail_server.getsockname()[1]}", ATTEMPTS="1")
        site.web()
        _submit(make_player(site, "ann"), tmp_path)
        site.worker()
        connection, _ = mail_server.accept()
        with connection:
            _scored(site)
            # The first e-mail is still waiting for a response.
            connection.settimeout(0)
            with pytest.raises(BlockingIOError):
                connection.recv(1)


def test_the_score_and_the_refusal_are_told_by_e_mail(make_site, make_player, tmp_path):
    site = make_site()
    site.web()
    player = make_player(site, "ann")
    _submit(player, tmp_path)
    bad = tmp_path / "bad.csv"
    bad.write_text("query_id,reference_id,score\nQ99,R01,nan\n")
    player.submit(bad)
    site.worker()
    wait_until(lambda: site.states() == {"scored": 1, "refused": 1}, "both are decided")
    query = "SELECT subject FROM hosting_mail WHERE sent_at IS NOT NULL ORDER BY id"
    told = wait_until(lambda: len(found := site.rows(query)) == 4 and found, "all e-mails are sent")
    assert sorted(subject for (subject,) in told) == [
        "Submission 1 was received",
        "Submission 1 was scored",
        "Submission 2 was received",
        "Submission 2 was refused",
    ]
    refused = player.host.get("submissions", 2)
    assert refused["faults"][0].startswith("bad.csv: row 2: ")
    assert len(list((site.data / "files" / "uploads").glob("*/*"))) == 1


def test_a_hostile_file_is_refused_and_the_worker_continues(make_site, make_player, tmp_path):
    secret, hostile, huge = tmp_path / "secret.h5", tmp_path / "hostile.h5", tmp_path / "huge.h5"
    write_full(secret)
    with h5py.File(hostile, "w") as file:
        file["query"] = h5py.ExternalLink(str(secret), "/query")
    with h5py.File(huge, "w") as file:
        file.create_dataset("query", (10**9, 256), "f4", chunks=(1000, 256))
    site = make_site(CHILD_MEMORY_MB="2000")
    site.web()
    player = make_player(site, "ann")
    for path in (hostile, huge):
        player.submit(path, "descriptor")
    _submit(player, tmp_path)
    site.worker()
    wait_until(lambda: site.states() == {"refused": 2, "scored": 1}, "all are decided")
    told = [" ".join(player.host.get("submissions", number)["faults"]) for number in (1, 2)]
    assert "external" in told[0]
    assert str(tmp_path) not in told[0]
    assert "huge.h5: " in told[1]
    assert site.rows("SELECT max(attempt) FROM hosting_scoringrun") == [(1,)]


HEADER = b"query_id,reference_id,score\n"


def test_hazards_of_a_csv_are_refused_with_a_reason(make_site, make_player, tmp_path):
    hazards = {
        "nul.csv": (HEADER + b"Q00,R\x0001,0.5\n", "NUL"),
        "formula.csv": (HEADER + b"=1+1,R01,0.5\n", "'=1+1'"),
        "score.csv": (HEADER + b"Q00,R01,=1+1\n", "'=1+1'"),
        "zip.csv": (b"PK\x03\x04\xff" + bytes(99), "is neither HDF5 nor UTF-8 text"),
    }
    site = make_site(CHILD_MEMORY_MB="2000", REFUSALS_PER_HOUR="100")
    site.web()
    player = make_player(site, "ann")
    for name, (content, _) in hazards.items():
        path = tmp_path / name
        path.write_bytes(content)
        player.submit(path)
    site.worker()
    wait_until(lambda: site.states() == {"refused": len(hazards)}, "all are refused")
    for number, (name, (_, reason)) in enumerate(hazards.items(), 1):
        (fault, *_) = player.host.get("submissions", number)["faults"]
        assert fault.startswith(f"{name}: ")
        assert reason in fault


def test_a_line_of_two_gigabytes_is_refused_by_a_child_with_little_memory(make_site, make_player, tmp_path):
    # Enough queries that a file of this size is not rejected before it is sent.
    content = challenge_content(datetime.now(UTC).replace(microsecond=0))
    content["phases"][0]["queries"] = {"prefix": "Q", "digits": 2, "first": 0, "count": 900_000}
    site = make_site(content=content, CHILD_MEMORY_MB="2000")
    site.web()
    player = make_player(site, "ann")
    path = tmp_path / "line.csv"
    path.write_bytes(HEADER)
    with path.open("r+b") as file:
        file.truncate(2 * 10**9)
    upload = begin_upload(player.host, path)
    body = {"upload": upload, "track": "matching", "phase": "one"}
    player.host.post("challenges", "small", "submissions", body=body)
    # As if a web process had died after the last byte: actually sending two gigabytes is unnecessary.
    (stored,) = (site.data / "files" / "uploads").glob("*/*")
    path.replace(stored)
    site.execute('UPDATE hosting_upload SET "offset" = size')
    site.worker()
    wait_until(lambda: site.states() == {"refused": 1}, "it is refused")
    assert player.host.get("submissions", 1)["faults"] == [
        "line.csv: row 2 is longer than 131,072 bytes; is this a text file with line breaks?"
    ]
    assert not stored.exists()
