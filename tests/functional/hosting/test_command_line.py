"""Both phases, using only the command line."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from copytrace.client import resume_or_begin
from copytrace.submissions import reference_digest
from hosting_world import (
    challenge_content,
    matches_csv,
    vectors,
    write_challenge_folder,
    write_full,
    write_queries,
)

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import CommandLine


class Terminal:
    """A person at a terminal with their own home folder."""

    def __init__(self, home: Path, command_line: CommandLine) -> None:
        self.home = home
        self.command_line = command_line
        home.mkdir()
        self.environment = os.environ | {
            "XDG_CONFIG_HOME": str(home),
            "COPYTRACE_PASSWORD": "a long password 7",
        }

    def __call__(self, *arguments: object, exits: int = 0) -> str:
        done = self.command_line.run(*arguments, env=self.environment)
        assert done.returncode == exits, f"{arguments}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout if exits == 0 else done.stderr

    def json(self, *arguments: object) -> Any:
        return json.loads(self(*arguments, "--json"))


@pytest.fixture
def ann(tmp_path: Path, command_line: CommandLine) -> Terminal:
    return Terminal(tmp_path / "ann", command_line)


def _open_phase_two(site: Any, folder: Path) -> None:
    """Skip ahead in time: the first phase is closed, the second one is open."""
    now = datetime.now(UTC).replace(microsecond=0)
    write_challenge_folder(folder, challenge_content(now - timedelta(hours=2)))
    site.run("load", str(folder / "challenge.yaml"))


def test_both_phases_are_played_through_the_command_line(make_site, tmp_path, ann):
    site = make_site()
    site.web()
    site.worker()
    matches, full = tmp_path / "matches.csv", write_full(tmp_path / "full.h5")
    matches.write_bytes(matches_csv())

    ann("login", "--host", site.address, "--user", "ann", "--register", "--email", "ann@example.org")
    assert oct((ann.home / "copytrace" / "host.json").stat().st_mode & 0o777) == "0o600"
    assert ann("join", "small") == ""
    assert "accept" in ann("join", "small", "--country", "DE", "--of-age", "--accept-rules", "0", exits=2)
    taking_part = ("--country", "DE", "--of-age", "--accept-rules", "1", "--team", "Ann & Co")
    assert ann("join", "small", *taking_part) == "joined small in team Ann & Co\n"
    assert "To join" not in ann.command_line.run("join", "small", env=ann.environment).stderr

    phase_one = ("--challenge", "small", "--phase", "one")
    assert "public micro-AP 1.00000" in ann("submit", matches, *phase_one, "--track", "matching")
    scored = ann.json("submit", full, *phase_one, "--track", "descriptor")
    assert scored["state"] == "scored"
    assert scored["run"]["public"]["micro_ap"] == 1.0
    assert scored["run"]["private"] is None
    digest = reference_digest([f"R{number:02d}" for number in range(30)], vectors(1)[1])
    assert scored["facts"]["reference_sha256"] == digest

    board = ann("leaderboard", "small", "--track", "matching", "--phase", "one")
    assert {"Co", "1.00000"} <= set(board.split())
    code = tmp_path / "code.zip"
    code.write_bytes(b"the code")
    frozen = ("--challenge", "small", "--code", code, "--weights", "d" * 64)
    entry = ann.json("nominate", 1, "--label", "pairs", "--challenge", "small", "--archive", code)
    assert entry["code_sha256"] == entry["weights_sha256"] == hashlib.sha256(b"the code").hexdigest()
    assert ann.json("nominate", 2, "--label", "vectors", *frozen)["reference_sha256"] == digest

    _open_phase_two(site, tmp_path / "challenge")
    phase_two = ("--challenge", "small", "--phase", "two", "--attest", "all")
    queries = write_queries(tmp_path / "queries.h5", digest)
    descriptor = (*phase_two, "--track", "descriptor", "--entry", "vectors")
    assert "until it is revealed" in ann("submit", queries, *descriptor, "--queries-only")
    changed = write_full(tmp_path / "changed.h5", changed=7)
    refused = ann("submit", changed, *descriptor, "--reason", "earlier-invalid", exits=2)
    assert "changed.h5: 1 reference differs from the frozen entry: R07." in refused
    assert "until it is revealed" in ann("submit", full, *descriptor, "--reason", "earlier-invalid")

    pairs = (*phase_two, "--track", "matching", "--entry", "pairs")
    other = ann("submit", matches, *pairs, "--code", code, "--weights", "e" * 64, exits=2)
    assert "weights_sha256 is 'eeee" in other
    assert "until it is revealed" in ann("submit", matches, *pairs, "--code", code)

    assert "hidden until they are revealed" in ann(
        "leaderboard", "small", "--track", "descriptor", "--phase", "two"
    )
    states = [(one["phase"], one["track"], one["state"]) for one in ann.json("submissions", "small")]
    assert states == [
        ("two", "matching", "scored"),
        ("two", "descriptor", "scored"),
        ("two", "descriptor", "refused"),
        ("two", "descriptor", "scored"),
        ("one", "descriptor", "scored"),
        ("one", "matching", "scored"),
    ]
    now = datetime.now(UTC).replace(microsecond=0)
    write_challenge_folder(tmp_path / "challenge", challenge_content(now - timedelta(hours=5)))
    site.run("load", str(tmp_path / "challenge" / "challenge.yaml"))
    site.run("reveal", "small", "two")
    board = ann.json("leaderboard", "small", "--track", "descriptor", "--phase", "two", "--board", "private")
    assert [(place["team"], place["score"]) for place in board["places"]] == [("Ann & Co", 1.0)]


def test_a_file_with_faults_is_refused_before_the_upload(make_site, make_player, tmp_path, ann):
    site = make_site()
    site.web()
    make_player(site, "ann")
    ann("login", "--host", site.address, "--user", "ann")
    path = tmp_path / "matches.csv"
    path.write_text("query_id,reference_id,score\nQ99,R01,0.5\n")
    complaint = ann("submit", path, "-c", "small", "-p", "one", "-t", "matching", exits=2)
    assert "'Q99'" in complaint
    assert site.rows("SELECT count(*) FROM hosting_upload") == [(0,)]


def test_an_interrupted_upload_resumes_with_the_same_command(
    make_site, make_player, tmp_path, ann, monkeypatch
):
    site = make_site()
    site.web()
    player = make_player(site, "ann")
    ann("login", "--host", site.address, "--user", "ann")
    path = tmp_path / "matches.csv"
    path.write_bytes(matches_csv())
    # A command killed after its first piece leaves a note of the upload, and an incomplete submission.
    monkeypatch.setenv("XDG_CONFIG_HOME", str(ann.home))
    upload = resume_or_begin(player.host, path, "submission to small/one/matching  ")
    place = {"upload": upload, "track": "matching", "phase": "one"}
    player.host.post("challenges", "small", "submissions", body=place)
    half = path.read_bytes()[:100]
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }
    player.host.request("PATCH", f"/api/v1/uploads/{upload}", body=half, headers=headers)
    command = ("submit", path, "-c", "small", "-p", "one", "-t", "matching", "--no-follow")
    assert ann.json(*command)["id"] == 1
    assert site.states() == {"received": 1}
    # Resent on purpose, it is another submission; so is a file that has changed since.
    assert ann.json(*command)["id"] == 2
    assert site.rows("SELECT count(*) FROM hosting_upload") == [(2,)]


def test_a_host_that_does_not_answer_is_reported(ann):
    assert "is not responding" in ann("login", "--host", "http://127.0.0.1:9", "--user", "ann", exits=3)
    assert "Log in first: copytrace login" in ann("submissions", "small", exits=2)
    assert "or upload both with --archive FILE" in ann("nominate", 1, "--label", "a", "-c", "small", exits=2)
