"""A site with its files in a bucket: clients upload to it, and workers fetch from it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys

import boto3
import httpx
import psutil
import pytest

from copytrace.client import Host, HostProblem
from hosting_browser import Person
from hosting_site import PASSWORD, Machine, Player, new_site, wait_until
from hosting_world import REFERENCES, matches_csv, write_full

pytestmark = pytest.mark.needs("s3")

LARGE = 20 << 20
"""Bytes: three parts."""


class Bucket:
    """The contents of the site's bucket."""

    def __init__(self, url) -> None:
        self.environment = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
        self.client = boto3.client("s3", endpoint_url=url, region_name="us-east-1", **keys)
        self.client.create_bucket(Bucket="host")

    def put(self, name, content):
        self.client.put_object(Bucket="host", Key=f"2026/{name}", Body=content)

    def size(self, name):
        return self.client.head_object(Bucket="host", Key=f"2026/{name}")["ContentLength"]


@pytest.fixture(scope="module")
def bucket(s3_url):
    return Bucket(s3_url)


@pytest.fixture(scope="module")
def site(bucket, tmp_path_factory, blank):
    folder = tmp_path_factory.mktemp("site")
    found = new_site(folder, blank, environment=bucket.environment, STORE="s3://host/2026", ATTEMPTS="2")
    found.web()
    yield found
    found.end()


@pytest.fixture(scope="module")
def worker(site):
    return site.worker()


@pytest.fixture(scope="module")
def ann(site, worker, tmp_path_factory):
    """Has a scored submission in each track."""
    player = Player(site, "ann").join()
    folder = tmp_path_factory.mktemp("ann")
    (folder / "matches.csv").write_bytes(matches_csv())
    player.scored = [
        _scored(player, folder / "matches.csv", "matching"),
        _scored(player, write_full(folder / "full.h5"), "descriptor"),
    ]
    return player


def _scored(player, path, track="matching"):
    number = player.submit(path, track)["id"]
    wait_until(lambda: player.host.get("submissions", number)["state"] == "scored", f"{path.name} is scored")
    return number


def _path(site, number):
    return dict(site.rows("SELECT id, path FROM hosting_submission"))[number]


def _organiser_token(site):
    Player(site, "owner")
    site.execute("UPDATE hosting_account SET is_staff = true WHERE username = 'owner'")
    body = {"username": "owner", "password": PASSWORD, "scopes": ["organise"]}
    return Host(site.address).post("tokens", body=body)["token"]


def _begun(site):
    """Path and offset of the large upload."""
    rows = site.rows('SELECT path, "offset", size FROM hosting_upload')
    return next(((path, offset) for path, offset, size in rows if size == LARGE and offset), None)


def test_files_are_stored_in_the_bucket_and_scored_from_there(site, bucket, ann, worker):
    assert [ann.host.get("submissions", number)["run"]["public"]["micro_ap"] for number in ann.scored] == [
        1,
        1,
    ]
    assert bucket.size(_path(site, ann.scored[0])) == len(matches_csv())
    assert ann.host.lines("challenges", "small", "phases", "one", "references") == REFERENCES
    assert not (site.data / "files").exists()
    children = psutil.Process(worker.pid).children(recursive=True)
    assert children
    assert [child for child in children if "AWS_SECRET_ACCESS_KEY" in child.environ()] == []


def test_bytes_that_are_sent_to_the_site_are_refused_unless_there_are_none(site, bucket, ann):
    def ask(method, path, **headers):
        tus = {name.replace("_", "-"): text for name, text in headers.items()} | {"Tus-Resumable": "1.0.0"}
        return ann.host.request(method, path, body=b"x" if method == "PATCH" else None, headers=tus)[1]

    answer = ask("POST", "/api/v1/uploads", Upload_Length="1")
    piece = {"Upload_Offset": "0", "Content_Type": "application/offset+octet-stream"}
    with pytest.raises(HostProblem, match=r"stores files in a bucket\. Ask where to send them") as refused:
        ask("PATCH", answer["location"], **piece)
    assert refused.value.status == 422
    empty = ask("POST", "/api/v1/uploads", Upload_Length="0")["location"]
    assert json.loads(ann.host.request("POST", f"{empty}/parts")[2]) == {"offset": 0, "size": 0, "next": None}


def test_a_killed_upload_resumes_where_it_was(site, bucket, ann, tmp_path):
    archive = tmp_path / "everything.zip"
    archive.write_bytes(os.urandom(LARGE))
    environment = os.environ | {"XDG_CONFIG_HOME": str(tmp_path)}
    nominate = [
        *(sys.executable, "-m", "copytrace", "nominate", str(ann.scored[0]), "-c", "small", "--label", "a"),
        *("--archive", str(archive), "--host", site.address, "--token", ann.token),
    ]
    with subprocess.Popen(nominate, env=environment, stderr=subprocess.DEVNULL) as process:
        path, offset = wait_until(lambda: _begun(site), "the first part is there")
        process.kill()
    assert offset == _begun(site)[1] == LARGE * 2 // 5
    done = subprocess.run(nominate, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (nomination,) = ann.host.get("challenges", "small", "nominations")
    assert nomination["code_sha256"] == hashlib.sha256(archive.read_bytes()).hexdigest()
    assert site.rows("SELECT archive FROM hosting_nomination") == [(path,)]
    assert bucket.size(path) == LARGE
    assert "Uploads" not in bucket.client.list_multipart_uploads(Bucket="host")
    address = f"{site.address}/api/v1/organise/nominations/{nomination['id']}/archive"
    headers = {"Authorization": f"Bearer {_organiser_token(site)}"}
    answer = httpx.get(address, headers=headers, follow_redirects=True)
    assert answer.content == archive.read_bytes()
    assert answer.url.host + answer.url.path == f"127.0.0.1/host/2026/{path}"


def test_a_file_that_changed_after_its_check_is_not_scored(site, bucket, ann, worker, tmp_path):
    path = tmp_path / "matches.csv"
    path.write_bytes(matches_csv(7))
    number = _scored(ann, path)
    before = ann.host.get("submissions", number)["run"]["public"]["micro_ap"]
    bucket.put(_path(site, number), matches_csv(10))
    site.run("rescore", "small", "one", "--reason", "the scorer changed")
    dead = f"SELECT log FROM hosting_scoringrun WHERE state = 'dead' AND submission_id = {number}"  # noqa: S608 - a number
    ((log,),) = wait_until(lambda: site.rows(dead), "the re-score of the changed file is given up")
    assert log.count("has changed: its SHA-256 was ") == 2
    assert ann.host.get("submissions", number)["run"]["public"]["micro_ap"] == before < 1


def test_a_worker_on_another_machine_fetches_from_the_bucket(site, ann, worker, tmp_path):
    path = tmp_path / "matches.csv"
    path.write_bytes(matches_csv(9))
    remote = Machine(site).worker()
    os.kill(worker.pid, signal.SIGSTOP)
    try:
        number = _scored(ann, path)
    finally:
        os.kill(worker.pid, signal.SIGCONT)
    workers = dict(site.rows("SELECT submission_id, worker FROM hosting_scoringrun"))
    assert workers[number].endswith(f":{remote.pid}")
    remote.terminate()
    assert remote.wait(20) == 0


@pytest.mark.needs("browser")
def test_a_browser_uploads_the_file_to_the_bucket(site, bucket, ann, browser, tmp_path):
    bob = Player(site, "bob").join()
    path = tmp_path / "large.h5"
    path.write_bytes(bytes(12 << 20))
    person = Person(browser, site.address)
    person.sign_in("bob")
    page = person.visit("/challenges/small/submit/descriptor/one/")
    store = bucket.environment["AWS_ENDPOINT_URL"]
    assert f" connect-src 'self' {store};" in page.headers["content-security-policy"]
    person.page.locator("input[type=file]").set_input_files(path)
    person.page.locator("main form button[type=submit]").first.click()
    person.page.wait_for_url(re.compile(r"/submissions/\d+/"))
    (submission,) = bob.host.get("challenges", "small", "submissions")["items"]
    assert submission["size"] == len(path.read_bytes())
    assert person.complaints == []
