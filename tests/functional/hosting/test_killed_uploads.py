"""A web process that is killed at any point after the last byte of an upload: the submission is received once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import hosting_kills
from copytrace.client import begin_upload


def test_a_kill_at_any_statement_after_the_last_byte_loses_no_submission(make_site, make_player, tmp_path):
    site = make_site()
    web = site.web()
    player = make_player(site, "ann")
    path = tmp_path / "matches.csv"
    path.write_bytes(hosting_kills.CONTENT)
    body = {"upload": begin_upload(player.host, path), "track": "matching", "phase": "one"}
    player.host.post("challenges", "small", "submissions", body=body)
    web.terminate()
    web.wait()
    environment = site.environment | {"DJANGO_SETTINGS_MODULE": "copytrace.hosting.settings"}
    command = [sys.executable, str(Path(hosting_kills.__file__))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) > 10
    assert [number for number, one in enumerate(found) if one["lost"]] == []
    assert {(*one["end"], one["whole"]) for one in found} == {("received", 1, 1, True)}
