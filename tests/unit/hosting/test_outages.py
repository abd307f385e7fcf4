"""What visitors and programs see if the disk is full, the database is unavailable, or the code has a bug."""

from __future__ import annotations

import json
from importlib import import_module
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from copytrace.hosting.models import Account
from copytrace.hosting.services import outages
from copytrace.hosting.storage import StorageUnavailable
from copytrace.hosting.web.outage_answers import OutageAnswers, mistake

ALL_THERE_IS = 1 << 62


def _caught(act) -> Exception:
    with pytest.raises((OperationalError, InterfaceError)) as caught:
        act()
    return caught.value


def _fill_the_database() -> None:
    """Write more than SQLite has room for: the error is the same as on a full disk."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0] + 2}")
        try:
            cursor.execute("CREATE TABLE filler AS SELECT zeroblob(1000000)")
        finally:
            cursor.execute(f"PRAGMA max_page_count = {2**30}")


def _other_database(**settings) -> None:
    """Connect to a database that does not exist."""
    backend = import_module(f"{settings['ENGINE']}.base")
    other = {**connection.settings_dict, "OPTIONS": {}, **settings}
    backend.DatabaseWrapper(other, "other").ensure_connection()


def test_nothing_is_written_while_the_disk_is_full(client, db, monkeypatch):
    monkeypatch.setattr(outages, "LEAST_FREE", ALL_THERE_IS)
    body = {"username": "ann", "email": "ann@example.org", "password": "a long word 9"}
    answer = client.post("/api/v1/accounts", body, content_type="application/json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (507, "application/problem+json")
    assert json.loads(answer.content)["detail"].startswith("The host's disk is full. Nothing was changed")
    answer = client.post("/accounts/login/", {"login": "ann", "password": "a long word 9"})
    assert answer.status_code == 507
    assert "The host&#x27;s disk is full" in answer.content.decode()
    assert not Account.objects.exists()
    assert client.get("/accounts/login/").status_code == 200


def test_a_form_whose_file_no_longer_fits_gets_507(ann, monkeypatch):
    def begin_file(*_: object) -> None:
        with Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"x")

    monkeypatch.setattr(TemporaryFileUploadHandler, "new_file", begin_file)
    client = Client(raise_request_exception=False)
    client.force_login(ann, backend="allauth.account.auth_backends.AuthenticationBackend")
    address = "/challenges/small/submit/matching/one/"
    answer = client.post(address, {"file": BytesIO(bytes(3_000_000))})
    assert answer.status_code == 507


def test_a_database_without_room_is_told_apart_from_one_that_is_away(db, tmp_path):
    nowhere = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "none" / "x.sqlite3")}
    nobody = {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": "1", "NAME": "x"}
    problems = [
        outages.outage_of(_caught(act))
        for act in (_fill_the_database, lambda: _other_database(**nowhere), lambda: _other_database(**nobody))
    ]
    assert [problem and problem.status for problem in problems] == [507, 503, 503]


def test_an_unreachable_file_store_is_reported_and_logged(caplog):
    problem = outages.outage_of(StorageUnavailable("Access to the bucket host is denied."))
    assert (problem.status, str(problem)[:39]) == (503, "The host's file store is not responding")
    assert "Access to the bucket host is denied." in caplog.text


def test_an_error_of_the_program_is_not_the_databases_fault(db, rf):
    with connection.cursor() as cursor:
        error = _caught(lambda: cursor.execute("SELECT * FROM nowhere"))
    assert outages.outage_of(error) is None
    assert OutageAnswers(lambda _: None).process_exception(rf.get("/"), error) is None
    assert outages.outage_of(ValueError("x")) is None


@pytest.mark.parametrize("path", ["/", "/api/v1/challenges"])
def test_errors_are_reported_wherever_they_occur(db, rf, path):
    error = _caught(_fill_the_database)
    in_a_view = OutageAnswers(lambda _: None).process_exception(rf.get(path), error)
    try:
        raise error
    except OperationalError:
        in_a_middleware = mistake(rf.get(path))
    for answer in (in_a_view, in_a_middleware):
        assert answer.status_code == 507
        assert "disk is full" in answer.content.decode()


@pytest.mark.parametrize(("path", "kind"), [("/", "text/html"), ("/api/v1/me", "application/problem+json")])
def test_a_mistake_is_reported_without_the_database(rf, path, kind):
    answer = mistake(rf.get(path))
    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith(kind)
    assert "Try again" in answer.content.decode()
