"""The organiser's commands, on both databases, and the first sign-in link."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
import requests

from copytrace.client import Host, HostProblem
from hosting_site import PASSWORD, wait_until
from hosting_world import matches_csv

if TYPE_CHECKING:
    from pathlib import Path

BOARD = ("challenges", "small", "tracks", "matching", "phases", "one", "leaderboard")


def _submit(player, folder: Path, right: int) -> None:
    path = folder / f"{player.name}.csv"
    path.write_bytes(matches_csv(right))
    player.submit(path)


def _form(session: requests.Session, address: str, **fields: str) -> requests.Response:
    """Fill in a page's form."""
    page = session.get(address)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert token, page.text
    return session.post(page.url, {"csrfmiddlewaretoken": token[1], **fields})


def test_a_new_organiser_chooses_a_password_by_a_link_that_works_once(make_site):
    site = make_site()
    link = site.run("create-organiser", "boss", "--email", "boss@example.org").strip()
    assert link.startswith(f"{site.address}/accounts/password/reset/key/")
    site.web()
    new = "correct horse battery 9"
    with requests.Session() as session:
        _form(session, link, password1=new, password2=new)
        _form(session, f"{site.address}/accounts/login/", login="boss", password=new)
        assert session.get(f"{site.address}/admin/hosting/submission/").status_code == 200
    with requests.Session() as session:
        assert "password1" not in session.get(link).text
    secret = Host(site.address).post(
        "tokens", body={"username": "boss", "password": new, "scopes": ["read", "organise"]}
    )["token"]
    acts = [
        entry["act"]
        for entry in Host(site.address, secret).get("organise", "challenges", "small", "audit")["items"]
    ]
    assert "load" in acts
    # The same command makes an existing account an organiser, even if nobody has chosen its password yet.
    site.execute("UPDATE hosting_account SET password = ''")
    assert "/accounts/password/reset/key/" in site.run(
        "create-organiser", "boss", "--email", "boss@example.org"
    )
    assert site.rows("SELECT count(*) FROM hosting_account") == [(1,)]


def test_a_phase_is_scored_again_at_the_command_line(make_site, make_player, database, tmp_path):
    site = make_site(database)
    site.web()
    for name, right in (("ann", 8), ("bea", 6)):
        _submit(make_player(site, name), tmp_path, right)
    site.worker()
    wait_until(lambda: site.states() == {"scored": 2}, "both are scored")
    site.execute("UPDATE hosting_scoringrun SET public_score = 0.001 WHERE submission_id = 1")

    def shown(*arguments: str) -> dict:
        return json.loads(site.run("rescore", "small", "one", *arguments, "--json"))

    def ranks() -> list[str]:
        return [place["team"] for place in Host(site.address).get(*BOARD)["places"]]

    assert ranks() == ["team bea", "team ann"]
    begun = shown("--reason", "a score was wrong")
    assert begun["withheld"] == ["private"]
    wait_until(lambda: shown()["runs"]["done"] == 2, "both are scored again")
    changes = {change["team"]: change for change in shown()["changes"]}
    assert (changes["team ann"]["old_rank"], changes["team ann"]["new_rank"]) == (2, 1)
    table = site.run("rescore", "small", "one")
    assert re.search(r"matching +public +team ann +2 +1 +0\.00100", table)
    assert ranks() == ["team bea", "team ann"]
    assert site.run("rescore", "small", "one", "--apply") == f"applied re-score {begun['id']}\n"
    assert ranks() == ["team ann", "team bea"]
    site.run("rescore", "small", "one", "--reverse")
    assert ranks() == ["team bea", "team ann"]


def test_a_backup_of_a_running_site_can_be_served(make_site, make_player, tmp_path):
    site = make_site()
    site.web()
    site.worker()
    _submit(make_player(site, "ann"), tmp_path, 10)
    wait_until(lambda: site.states() == {"scored": 1}, "it is scored")
    board = Host(site.address).get(*BOARD)["places"]
    copy = tmp_path / "backup"
    assert site.run("backup", str(copy)) == f"{copy}\n"
    assert oct(copy.stat().st_mode & 0o777) == "0o700"
    site.end()
    # The first site is no longer needed.
    site.data.rename(tmp_path / "gone")
    site.environment["COPYTRACE_HOST_DATA"] = str(copy)
    site.web()
    assert Host(site.address).get(*BOARD)["places"] == board
    stored = list((copy / "files" / "uploads").glob("*/*"))
    assert [path.read_bytes() for path in stored] == [matches_csv(10)]


@pytest.mark.needs("postgresql")
def test_a_backup_of_postgresql_can_be_restored(make_site, make_player, cluster, tmp_path):
    database = cluster.new_database()
    site = make_site(database)
    site.web()
    make_player(site, "ann")
    copy = tmp_path / "backup"
    site.run("backup", str(copy))
    site.database = cluster.new_database("restored")
    restored = ["pg_restore", f"--dbname={site.database}", "--no-owner", str(copy / "host.dump")]
    subprocess.run(restored, check=True)
    assert site.rows("SELECT name FROM hosting_team") == [("team ann",)]
    assert list((copy / "files" / "challenges" / "small").glob("*.truths"))


def test_wrong_passwords_are_slowed_down_by_account_and_by_address(make_site, make_player, database):
    site = make_site(database, LOGINS_PER_MINUTE="20")
    site.web()
    make_player(site, "ann")

    def log_in(name: str, password: str) -> int:
        try:
            Host(site.address).post("tokens", body={"username": name, "password": password})
        except HostProblem as problem:
            return problem.status
        return 201

    assert [log_in("ann", "wrong") for _ in range(7)] == [403] * 5 + [429] * 2
    # After that many guesses, even the right password is rejected; attempts on the page count too.
    assert log_in("ann", PASSWORD) == 429
    with requests.Session() as session:
        page = _form(session, f"{site.address}/accounts/login/", login="ann", password=PASSWORD)
        assert "Too many failed login attempts" in page.text
    answers = [log_in(f"nobody{number}", "wrong") for number in range(15)]
    assert answers[-1] == 429
    assert site.rows("SELECT count(*) FROM hosting_token") == [(1,)]
