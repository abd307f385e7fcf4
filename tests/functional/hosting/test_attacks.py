"""Malicious requests to the site's pages and API, on one real server."""

from __future__ import annotations

import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from copytrace.client import Host
from hosting_site import PASSWORD, Player, Site
from hosting_world import challenge_content, write_challenge_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Answer(NamedTuple):
    """The site's answer; redirects are not followed."""

    status: int
    headers: Any
    text: str


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


class Browser:
    """A browser with cookies, for arbitrary requests."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._jar = http.cookiejar.CookieJar()
        cookies = urllib.request.HTTPCookieProcessor(self._jar)
        self._opener = urllib.request.build_opener(_Stay, cookies)

    def ask(self, path: str, body: bytes | None = None, method: str | None = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"{self._site.address}{path}", body, named, method=method)  # noqa: S310 - this site
        try:
            with self._opener.open(request) as answer:
                return Answer(answer.status, answer.headers, answer.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read().decode())

    def send(self, path: str, host: str = "127.0.0.1", **fields: str) -> Answer:
        """Submit a form, to this host name of the site."""
        self.ask("/accounts/login/", Host=host)
        token = next((cookie.value for cookie in self._jar if cookie.name == "csrftoken"), "")
        form = urllib.parse.urlencode(fields | {"csrfmiddlewaretoken": token or ""})
        return self.ask(path, form.encode(), Host=host)

    def sign_in(self, name: str, password: str = PASSWORD) -> Browser:
        answer = self.send("/accounts/login/", login=name, password=password)
        assert answer.status == 302, answer.text
        return self


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("attacked")
    found = Site(
        folder / "data", "", URL="https://challenge.example.org", NAMES="127.0.0.1,elsewhere.example"
    )
    found.data.mkdir()
    found.run("upgrade")
    _load(found, folder)
    link = found.run("create-organiser", "boss", "--email", "boss@example.org").strip()
    found.web()
    _choose_password(found, urllib.parse.urlsplit(re.search(r"https://\S+", link)[0]).path)
    yield found
    found.end()


def _load(site: Site, folder: Path) -> None:
    path = write_challenge_folder(
        folder / "challenge", challenge_content(datetime.now(UTC).replace(microsecond=0))
    )
    site.run("load", str(path))


def _choose_password(site: Site, path: str) -> None:
    browser = Browser(site)
    form = browser.ask(path).headers["Location"]
    assert browser.send(form, password1=PASSWORD, password2=PASSWORD).status == 302


@pytest.fixture(scope="module")
def boss(site: Site) -> Browser:
    return Browser(site).sign_in("boss")


@pytest.fixture(scope="module")
def organiser_token(site: Site, boss: Browser) -> str:
    body = {"username": "boss", "password": PASSWORD, "scopes": ["organise"]}
    return str(Host(site.address).post("tokens", body=body)["token"])


@pytest.fixture(scope="module")
def ann(site: Site) -> Player:
    return Player(site, "ann").join()


@pytest.mark.parametrize(
    "address",
    [
        "scoringrun/?private_score__gt=0.5",
        "scoringrun/?private_measures__micro_ap__gt=0.5",
        "submission/?current_run__private_score__gt=0.5",
        "submission/?runs__public_score__lt=0.5",
        "rescore/?runs__private_score__gt=0.5",
        "mail/?body__contains=password",
        "team/?link__startswith=a",
        "participant/?team__link__startswith=a",
        "upload/?account__password__startswith=a",
        "account/?tokens__digest__startswith=a",
    ],
)
def test_other_admin_filters_are_refused(boss: Browser, address: str):
    assert boss.ask(f"/admin/hosting/{address}").status == 400


@pytest.mark.parametrize(
    "address",
    ["submission/?state__exact=scored", "submission/?phase__id__exact=1", "account/?is_staff__exact=1"],
)
def test_the_filters_that_an_admin_page_offers_work(boss: Browser, address: str):
    assert boss.ask(f"/admin/hosting/{address}").status == 200


def test_the_admin_pages_have_no_login_of_their_own(site: Site, ann: Player):
    browser = Browser(site)
    for answer in (
        browser.ask("/admin/login/?next=/admin/"),
        browser.send("/admin/login/?next=/admin/", username="boss", password=PASSWORD),
    ):
        assert (answer.status, answer.headers["Location"]) == (302, "/accounts/login/?next=/admin/")
    assert browser.ask("/admin/").status == 302
    assert Browser(site).sign_in("ann").ask("/admin/login/").status == 403


def test_a_new_password_ends_tokens_and_other_sessions(site: Site):
    zoe = Player(site, "zoe")
    first, second = Browser(site).sign_in("zoe"), Browser(site).sign_in("zoe")
    assert second.ask("/accounts/tokens/").status == 200
    changed = first.send(
        "/accounts/password/change/",
        oldpassword=PASSWORD,
        password1="another long 8",
        password2="another long 8",
    )
    assert changed.status == 302, changed.text
    bearer = {"Authorization": f"Bearer {zoe.token}"}
    assert Browser(site).ask("/api/v1/me", **bearer).status == 401
    assert first.ask("/accounts/tokens/").status == 200
    assert second.ask("/accounts/tokens/").headers["Location"].startswith("/accounts/login/")


def test_a_token_ends_itself_alone_and_a_person_ends_any(site: Site, ann: Player):
    made = [
        ann.host.post(
            "tokens", body={"username": "ann", "password": PASSWORD, "name": name, "scopes": ["read"]}
        )
        for name in ("one", "two", "three")
    ]
    bearer = {"Authorization": f"Bearer {made[0]['token']}"}
    nobody = Browser(site)
    assert nobody.ask(f"/api/v1/tokens/{made[1]['id']}", method="DELETE", **bearer).status == 404
    assert nobody.ask(f"/api/v1/tokens/{made[0]['id']}", method="DELETE", **bearer).status == 200
    assert nobody.ask("/api/v1/me", **bearer).status == 401
    browser = Browser(site).sign_in("ann")
    page = browser.ask("/accounts/tokens/").text
    assert "two" in page
    assert "ct_" not in page
    assert browser.send(f"/accounts/tokens/{made[2]['id']}/revoke/").status == 302
    assert Browser(site).ask("/api/v1/me", Authorization=f"Bearer {made[2]['token']}").status == 401
    stranger = Browser(site).sign_in("boss")
    assert stranger.send(f"/accounts/tokens/{made[1]['id']}/revoke/").status == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 100_000, 422),
        (b"[" * 1_500_000 + b"]" * 1_500_000, 413),
        (b'{"username": ' * 5 + b"1" + b"}" * 5, 422),
        (b'{"days": ' + b"9" * 5_000 + b"}", 422),
        (b'{"username": "' + b"a" * 300_000 + b'"}', 413),
        (b'{"username": "\\ud800", "password": "x"}', 422),
        (b'{"username": NaN, "password": Infinity}', 422),
        (b"\xff\xfe", 422),
    ],
    ids=["open", "3 MB deep", "deep", "5,000 digits", "large", "half a letter", "no number", "no text"],
)
def test_a_body_that_no_request_needs_is_refused(site: Site, body: bytes, status: int):
    answer = Browser(site).ask("/api/v1/tokens", body, Content_Type="application/json")
    assert answer.status == status
    assert json.loads(answer.text)["status"] == status


@pytest.mark.parametrize("country", ["ZZ", "XX", "A1", "\u0410\u0410"])
def test_an_invalid_country_is_refused(site: Site, country: str):
    token = {"Authorization": f"Bearer {Player(site, f'c{ord(country[1])}').token}"}
    body = json.dumps({"country": country, "of_age": True, "rules_version": "1"}).encode()
    answer = Browser(site).ask("/api/v1/challenges/small/participation", body, **token)
    assert (answer.status, "is not a country code" in answer.text) == (422, True)


@pytest.mark.parametrize(
    "at",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "9999-12-31T23:59:59Z",
        "1999-12-31T00:00:00Z",
    ],
)
@pytest.mark.parametrize("what", ["deadline", "opening"])
def test_a_date_at_the_end_of_the_calendar_is_refused(site: Site, what: str, at: str, organiser_token: str):
    field = {"deadline": "closes_at", "opening": "opens_at"}[what]
    body = json.dumps({field: at, "reason": "r"}).encode()
    token = {"Authorization": f"Bearer {organiser_token}"}
    answer = Browser(site).ask(f"/api/v1/organise/challenges/small/phases/one/{what}", body, **token)
    assert (answer.status, "too far away" in answer.text) == (422, True)
    assert Browser(site).ask("/challenges/small/").status == 200


def test_what_is_not_for_everybody_stays_out_of_caches(site: Site, ann: Player):
    browser = Browser(site).sign_in("ann")
    for path in (
        "/",
        "/challenges/small/team/",
        "/challenges/small/leaderboard/matching/one/",
        "/accounts/email/",
    ):
        assert browser.ask(path).headers["Cache-Control"] == "private, no-store", path
    bearer = {"Authorization": f"Bearer {ann.token}"}
    for path in ("/api/v1/me", "/api/v1/challenges/small/team"):
        assert Browser(site).ask(path, **bearer).headers["Cache-Control"] == "private, no-store", path
    for path in ("/", "/challenges/small/leaderboard/matching/one/"):
        assert Browser(site).ask(path).headers["Cache-Control"] == "public, no-cache", path


def test_a_team_name_cannot_look_like_another(site: Site, ann: Player):
    eve = Player(site, "eve")
    declared = {"country": "DE", "of_age": True, "rules_version": "1"}
    eve.host.post("challenges", "small", "participation", body=declared)
    token = {"Authorization": f"Bearer {eve.token}"}
    for name in ("TEAM ANN", "te\u0430m ann", "\uff54eam ann"):
        answer = Browser(site).ask(
            "/api/v1/challenges/small/team", json.dumps({"name": name}).encode(), **token
        )
        assert (answer.status, "looks like the existing team" in answer.text) == (409, True), name


def test_mails_lead_to_the_site_and_not_to_where_the_request_was_sent(site: Site, ann: Player):
    site.execute("DELETE FROM hosting_mail")
    Browser(site).send("/accounts/password/reset/", host="elsewhere.example", email="ann@example.org")
    ((subject, text),) = site.rows("SELECT subject, body FROM hosting_mail")
    assert "elsewhere.example" not in subject + text
    assert "at challenge.example.org." in text
    assert "https://challenge.example.org/accounts/password/reset/key/" in text
