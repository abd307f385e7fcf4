"""What visitors see; and no page uses inline code or external resources."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from hosting_world import NOW

PASSWORD = "a long password 7"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
STATIC = Path(finders.find("copytrace/tokens.css")).parent


def text_of(answer) -> str:
    return answer.content.decode()


def test_the_first_page_lists_challenges_by_what_is_open(client, challenge, time):
    page = text_of(client.get("/"))
    assert "Open now" in page
    assert "Phase 1 closes" in page
    assert '<time datetime="2026-06-01T13:00:00Z" data-local>1 Jun 2026, 13:00 UTC</time>' in page
    time.time = NOW + timedelta(days=9)
    assert "Ended" in text_of(client.get("/"))


def test_an_empty_site_says_how_a_challenge_gets_there(client, db):
    assert "copytrace host load" in text_of(client.get("/"))


@pytest.mark.parametrize("tab", ["", "rules/", "prizes/", "faq/"])
def test_each_text_of_a_challenge_has_its_own_address(tab, client, challenge):
    answer = client.get(f"/challenges/small/{tab}")
    assert answer.status_code == 200
    assert "Small challenge" in text_of(answer)


def test_texts_are_markdown_and_nothing_more(client, challenge):
    challenge.overview = "**Bold** <script>alert(1)</script> [link](javascript:alert(1))"
    challenge.save()
    page = text_of(client.get("/challenges/small/"))
    assert "<strong>Bold</strong>" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_winners_are_hidden_before_the_scores_are_revealed(client, challenge):
    page = text_of(client.get("/challenges/small/prizes/"))
    assert "$50" in page
    assert "announced when scores are revealed" in page


def test_a_page_that_does_not_exist_says_what_to_do(client, challenge):
    for address, advice in (
        ("/nowhere/", "start from the list of challenges"),
        ("/challenges/another/", "Challenges on this site: small."),
    ):
        answer = client.get(address)
        assert answer.status_code == 404
        assert advice in text_of(answer)


def test_a_form_without_its_session_says_that_nothing_was_changed(ann):
    from django.test import Client

    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "ann", "password": "x"})
    assert answer.status_code == 403
    assert "Your session has expired" in text_of(answer)


def test_a_large_anonymous_form_is_refused_before_it_is_read(client, ann, monkeypatch):
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile("large.bin", bytes(3_000_000))
    read = []
    monkeypatch.setattr("django.http.request.HttpRequest._load_post_and_files", lambda _: read.append(1))
    answer = client.post("/accounts/login/", {"login": "ann", "file": file})
    assert (answer.status_code, read) == (413, [])
    assert "can send at most 2.5 MB" in text_of(answer)
    monkeypatch.undo()
    client.force_login(ann, backend=BACKEND)
    file.seek(0)
    assert client.post("/", {"file": file}).status_code == 413
    file.seek(0)
    assert client.post("/challenges/small/submit/matching/one/", {"file": file}).status_code == 422


@pytest.mark.parametrize(
    ("page", "title"),
    [
        ("login", "Sign in"),
        ("signup", "Create an account"),
        ("password/reset", "Reset your password"),
        ("password/reset/done", "Check your e-mail"),
        ("password/reset/key/1-used", "This link is no longer valid"),
        ("password/reset/key/done", "Password saved"),
        ("password/change", "Change password"),
        ("logout", "Sign out?"),
        ("email", "E-mail addresses"),
        ("reauthenticate", "Confirm your password"),
        ("confirm-email", "Check your e-mail"),
        ("confirm-email/none", "This link is no longer valid"),
        ("inactive", "Account closed"),
    ],
)
def test_pages_of_accounts_have_the_sites_frame_and_words(page, title, client, ann):
    if page in {"logout", "password/change", "email", "reauthenticate"}:
        client.force_login(ann, backend=BACKEND)
    answer = client.get(f"/accounts/{page}/")
    assert answer.status_code == 200
    assert 'class="brand"' in text_of(answer)
    assert f"<h1>{title}</h1>" in text_of(answer)


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(client, challenge):
    for address in ("/", "/challenges/small/", "/accounts/login/", "/nowhere/"):
        page = text_of(client.get(address))
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
        assert not re.search(r"<style|\sstyle=|\son\w+=", page)
        sources = re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', page)
        assert sources
        assert all(source.startswith("/static/") for source in sources)


def test_every_static_file_that_a_page_names_is_there(client, challenge):
    for source in re.findall(r'"/static/([^"]+)"', text_of(client.get("/challenges/small/"))):
        assert finders.find(source), source


def test_styles_take_their_colours_from_the_tokens():
    for path in STATIC.glob("*.css"):
        if path.name != "tokens.css":
            assert not re.search(r"#[0-9a-f]{3,8}\b|rgb\(", path.read_text()), path.name
            assert "url(" not in path.read_text(), path.name


def test_signing_up_leads_back_to_the_page(client, challenge):
    assert 'href="/accounts/signup/?next=/challenges/small/"' in text_of(client.get("/challenges/small/"))
    for page in ("login", "signup"):
        shown = text_of(client.get(f"/accounts/{page}/?next=/challenges/small/join/"))
        assert 'href="/accounts/signup/?next=/challenges/small/join/"' in shown
    account = {"username": "zoe", "email": "zoe@example.org", "password1": PASSWORD, "password2": PASSWORD}
    answer = client.post("/accounts/signup/", account | {"next": "/challenges/small/join/"})
    assert answer.headers["Location"] == "/challenges/small/join/"


def test_a_page_kept_for_all_visitors_leads_back_by_its_path_alone(client, challenge):
    assert "evil" not in text_of(client.get("/challenges/small/?evil=1"))


def test_a_new_organiser_learns_their_username(client, ann):
    from copytrace.cli.host.site import first_link

    page = text_of(client.get(first_link(ann).removeprefix("http://127.0.0.1:8000"), follow=True))
    assert "For the account <strong>ann</strong>" in page


def test_the_api_page_documents_every_operation_with_its_scope(client, db):
    page = text_of(client.get("/api/v1/docs"))
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    for path, operations in paths.items():
        for method in operations:
            assert f"<code>{method.upper()} {path}</code>" in page
    assert page.count('data-label="Scope">organise') == sum(
        path.startswith("/api/v1/organise/") for path in paths
    )
    assert 'href="/api/v1/docs"' in text_of(client.get("/"))


def test_api_tokens_have_a_page_that_says_how_to_make_one(client, ann):
    client.force_login(ann, backend=BACKEND)
    page = text_of(client.get("/accounts/tokens/"))
    assert "copytrace login --host http://127.0.0.1:8000 --user ann" in page
    assert "/accounts/tokens/" in text_of(client.get("/"))
