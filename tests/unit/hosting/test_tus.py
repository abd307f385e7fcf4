"""The upload protocol, header by header (tus 1.0)."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta

import pytest
from django.core.cache import caches
from django.test import Client

from copytrace.hosting.models import Submission, Upload
from copytrace.hosting.services import stored_files, submitting, tokens

CONTENT = b"query_id,reference_id,score\nQ00,R00,0.5\n"
ADDRESS = "/api/v1/uploads"


@pytest.fixture
def ask(ann, settings):
    settings.DISK_RESERVE = 0
    _, secret = tokens.issue(ann, name="t", scopes=["submit"], days=1)

    def send(method, address=ADDRESS, content=b"", **headers):
        sent = {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {secret}"}
        sent |= {name.replace("_", "-"): str(value) for name, value in headers.items()}
        kind = sent.pop("Content-Type", "application/offset+octet-stream")
        return Client().generic(method, address, content, content_type=kind, headers=sent)

    return send


@pytest.fixture
def address(ask):
    name = base64.b64encode(b"team 7.csv").decode()
    answer = ask("POST", Upload_Length=len(CONTENT), Upload_Metadata=f"filename {name}")
    assert answer.status_code == 201
    assert answer.headers["Upload-Expires"] == "Tue, 02 Jun 2026 12:00:00 GMT"
    return answer.headers["Location"]


def test_a_server_states_its_capabilities():
    answer = Client().options(ADDRESS)
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,checksum,expiration,termination"


def test_a_site_without_a_bucket_has_no_addresses_of_parts(ask, address):
    answer = ask("POST", f"{address}/parts")
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("This site takes uploads by the tus protocol: PATCH /api/v1/")
    assert "Upload-Parts" not in ask("HEAD", address).headers


def test_pieces_are_put_together(ask, address):
    assert ask("PATCH", address, CONTENT[:7], Upload_Offset=0).headers["Upload-Offset"] == "7"
    head = ask("HEAD", address)
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("7", str(len(CONTENT)))
    assert ask("PATCH", address, CONTENT[7:], Upload_Offset=7).status_code == 204
    upload = Upload.objects.get()
    assert upload.finished_at is not None
    assert upload.filename == "team 7.csv"
    assert stored_files.read(upload.path) == CONTENT


def test_a_piece_that_does_not_follow_is_refused(ask, address):
    assert ask("PATCH", address, CONTENT[7:], Upload_Offset=7).status_code == 409
    assert ask("HEAD", address).headers["Upload-Offset"] == "0"


def test_a_piece_is_kept_only_if_its_checksum_is_right(ask, address):
    wrong, right = (base64.b64encode(hashlib.sha256(text).digest()).decode() for text in (b"other", CONTENT))
    assert (
        ask("PATCH", address, CONTENT, Upload_Offset=0, Upload_Checksum=f"sha256 {wrong}").status_code == 460
    )
    assert ask("HEAD", address).headers["Upload-Offset"] == "0"
    assert (
        ask("PATCH", address, CONTENT, Upload_Offset=0, Upload_Checksum=f"sha256 {right}").status_code == 204
    )


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", {"Upload_Length": "many"}, 422),
        ("POST", {"Upload_Length": "-1"}, 422),
        ("POST", {"Upload_Length": "9" * 18}, 413),
        ("POST", {"Upload_Length": "9" * 30}, 422),
        ("POST", {"Upload_Length": "5", "Upload_Metadata": "filename %%%"}, 422),
        ("POST", {"Upload_Length": "5", "Tus_Resumable": "0.2.2"}, 412),
        ("POST", {"Upload_Length": "5", "Authorization": "Bearer ct_wrong"}, 401),
        ("GET", {}, 405),
    ],
)
def test_unexpected_input_is_refused(method, headers, status, ask):
    assert ask(method, **headers).status_code == status
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload_Offset": 0, "Content_Type": "text/csv"}, 415),
        ({"Upload_Offset": 0, "Upload_Checksum": "crc32 AAAA"}, 422),
        ({"Upload_Offset": 0, "Upload_Checksum": "sha256 ?"}, 422),
        ({}, 422),
    ],
)
def test_a_piece_with_wrong_headers_is_refused(headers, status, ask, address):
    assert ask("PATCH", address, CONTENT, **headers).status_code == status


def test_more_than_was_announced_is_refused(ask, address):
    assert ask("PATCH", address, CONTENT + b"x", Upload_Offset=0).status_code == 413
    assert ask("PATCH", address, CONTENT, Upload_Offset=0).status_code == 204


def test_an_upload_can_be_thrown_away_until_it_is_submitted(ask, address, ann, matching, one):
    place = stored_files.storage().path(Upload.objects.get().path)
    assert ask("DELETE", address).status_code == 204
    assert not place.exists()
    assert ask("HEAD", address).status_code == 404
    again = ask("POST", Upload_Length=len(CONTENT)).headers["Location"]
    submitting.submit(ann, Upload.objects.get(), matching, one)
    assert ask("PATCH", again, CONTENT, Upload_Offset=0).status_code == 204
    assert Submission.objects.get().state == "received"
    assert ask("DELETE", again).status_code == 409


def test_an_upload_that_another_request_holds_is_locked_until_its_lease_ends(ask, address, time, settings):
    Upload.objects.update(lock="other", busy_until=time.time + timedelta(seconds=settings.LEASE_SECONDS))
    assert ask("PATCH", address, CONTENT, Upload_Offset=0).status_code == 423
    time.time += timedelta(seconds=settings.LEASE_SECONDS + 1)
    assert ask("PATCH", address, CONTENT, Upload_Offset=0).status_code == 204


def test_an_account_can_begin_a_limited_number_of_uploads_in_a_minute(ask, settings):
    settings.UPLOADS_PER_MINUTE = 2
    caches["throttle"].clear()
    answers = [ask("POST", Upload_Length=5).status_code for _ in range(3)]
    assert answers == [201, 201, 429]


def test_the_bytes_of_a_deleted_upload_go_before_the_database_needs_their_room(ask, address, monkeypatch):
    place = stored_files.storage().path(Upload.objects.get().path)
    there = []
    monkeypatch.setattr(Upload, "delete", lambda _: there.append(place.exists()))
    assert ask("DELETE", address).status_code == 204
    assert there == [False]
    # The database failed: the next client to continue the upload learns of it.
    assert ask("PATCH", address, CONTENT, Upload_Offset=0).status_code == 404
