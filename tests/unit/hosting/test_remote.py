"""The files of runs that a worker keeps on its own machine."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from copytrace.errors import InputError
from copytrace.hosting.services.job import JobFile
from copytrace.hosting.storage import FileChanged
from copytrace.hosting.worker import cache
from copytrace.hosting.worker.remote import Remote

FILES = {"uploads/a.csv": b"rows", "phases/q.txt": b"Q1", "phases/t.csv": b"truth"}
DIGESTS = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}


class Played:
    """A host that offers one run after another."""

    def __init__(self) -> None:
        self.fetched, self.told = [], []
        self.contents = dict(FILES)

    def claim(self, _worker):
        job = {
            "stage": "score",
            "path": "uploads/a.csv",
            "shown": "a.csv",
            "track": "matching",
            "query_ids": "phases/q.txt",
            "reference_ids": "phases/q.txt",
            "max_dims": 256,
            "frozen": None,
            "queries_only": False,
            "digest": False,
            "truths": {"public": "phases/t.csv", "private": "phases/t.csv"},
            "bootstrap": 0,
            "threads": 1,
            "limits": {"memory": 1, "files": 2},
        }
        files = [asdict(JobFile(name, len(content), "", DIGESTS[name])) for name, content in FILES.items()]
        about = {"id": 3, "token": "t", "attempt": 1, "truth_version": "v", "job": job, "files": files}
        return about | {"heartbeat_seconds": 0.5, "child_seconds": 60.0}

    def tell(self, run, act, body):
        self.told.append((run, act, body))
        return True

    def fetch(self, _run, _token, file, target):
        self.fetched.append(file.name)
        target.write_bytes(self.contents[file.name])


@pytest.fixture
def host():
    return Played()


def test_a_job_fetches_each_of_its_files_once(host, tmp_path):
    source = Remote(host, tmp_path, away=())
    for _ in range(2):
        job = source.claim("w").job.result(10)
    assert host.fetched == list(FILES)
    read = {name: Path(getattr(job, name)).read_bytes() for name in ("path", "query_ids")}
    assert read == {"path": b"rows", "query_ids": b"Q1"}
    assert job.frozen is None
    assert job.truths["public"] == job.truths["private"]
    assert (source.heartbeat_seconds, source.child_seconds) == (0.5, 60.0)


def test_a_changed_file_is_refused_and_fetched_again_later(host, tmp_path):
    source = Remote(host, tmp_path, away=())
    host.contents["uploads/a.csv"] = b"swap"
    with pytest.raises(FileChanged, match=r"uploads/a\.csv has changed: its SHA-256 was "):
        source.claim("w").job.result(10)
    host.contents["uploads/a.csv"] = b"rows"
    assert Path(source.claim("w").job.result(10).path).read_bytes() == b"rows"


def test_files_that_were_not_used_for_longest_are_deleted_first(host, tmp_path, monkeypatch):
    source = Remote(host, tmp_path, away=())
    job = source.claim("w").job.result(10)
    for age, place in enumerate((job.truths["public"], job.path, job.query_ids)):
        os.utime(place, (1000 - age, 1000 - age))
    monkeypatch.setattr(cache, "KEPT", 9)
    source.keep_house()
    assert {file.read_bytes() for file in tmp_path.iterdir()} == {b"truth", b"rows"}


def test_a_result_that_the_host_does_not_take_is_a_problem_and_not_the_end_of_the_worker(host, tmp_path):
    def tell(_run, _act, body):
        if "problem" not in body:
            raise InputError("too large")
        return told.append(body["problem"]) is None

    told = []
    host.tell = tell
    assert Remote(host, tmp_path, away=()).claim("w").settle({"facts": {"act": 1}, "faults": []}, 2.0)
    assert told == ["the host refused the result: too large"]


def test_a_machine_for_workers_needs_no_django():
    code = (
        "import sys; sys.modules['django'] = None\n"
        "from copytrace.hosting.worker import child, loop, remote; import copytrace.client, copytrace.cli.host.start"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_message_carries_the_token_of_the_run(host, tmp_path):
    run = Remote(host, tmp_path, away=()).claim("w")
    assert run.heartbeat(0.25, None)
    assert run.settle({"problem": "x" * 900}, 2.0)
    assert run.give_back("stopped")
    acts = [(act, body["token"]) for _, act, body in host.told]
    assert acts == [("heartbeats", "t"), ("outcome", "t"), ("return", "t")]
    assert host.told[1][2]["problem"] == "x" * 500
    assert host.told[1][2]["truth_version"] == "v"
