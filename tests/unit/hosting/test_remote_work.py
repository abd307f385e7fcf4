"""Information about a run for a worker on another machine."""

from __future__ import annotations

import hashlib
import io

from copytrace.hosting.models import ScoringRun
from copytrace.hosting.services import queue, remote_work, stored_files


def test_files_come_with_their_size_and_the_digest_that_was_recorded(make_received):
    run = make_received()
    stored_files.storage().save(run.submission.path, io.BytesIO(b"rows"))
    about = remote_work.described(run)
    found = {file["name"]: file for file in about["files"]}
    submitted = found.pop(run.submission.path)
    # Nothing is known of a file before its check.
    assert (submitted["size"], submitted["sha256"]) == (4, "")
    run.submission.facts = {"sha256": "f" * 64}
    assert {"f" * 64} <= {file["sha256"] for file in remote_work.described(run)["files"]}
    for name, file in found.items():
        content = stored_files.read(name)
        assert file["size"] == len(content)
        assert hashlib.sha256(content).hexdigest().startswith(file["sha256"])
        assert len(file["sha256"]) == 32


def test_an_attempt_ends_if_a_file_was_deleted(make_received):
    make_received()
    run = queue.claim("w")
    assert remote_work.described(run) is None
    row = ScoringRun.objects.get()
    assert (row.state, row.attempt) == ("waiting", 1)
    assert row.log == f"attempt 1 on w: the stored file {run.submission.path} does not exist any more\n"
