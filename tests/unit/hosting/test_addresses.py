"""The e-mail addresses of an account: added, confirmed by a link, used, removed; and the messages sent to them."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache

PAGE = "/accounts/email/"
OTHER = "ann.o'brien@example.com"


@pytest.fixture(autouse=True)
def _no_mail_before() -> None:
    """An address gets at most one message every three minutes, which the cache records."""
    cache.clear()


@pytest.fixture
def signed_in(client, ann):
    client.force_login(ann, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _act(client, act: str, address: str = OTHER) -> str:
    """The page's message after an action on an address."""
    return client.post(PAGE, {act: "", "email": address}, follow=True).content.decode()


def test_an_address_is_added_confirmed_and_used(signed_in, ann, mailoutbox):
    before = ann.email
    assert "We sent a confirmation link to ann.o&#x27;brien@example.com" in _act(signed_in, "action_add")
    mail = mailoutbox[-1]
    assert (mail.to, mail.subject) == ([OTHER], "[127.0.0.1:8000] Confirm your e-mail address")
    assert mail.body.startswith("ann added this e-mail address to an account at 127.0.0.1:8000.")
    link = re.search(r"http://127\.0\.0\.1:8000(/accounts/confirm-email/\S+)", mail.body)[1]
    assert f"{OTHER}, for the account ann".replace("'", "&#x27;") in signed_in.get(link).content.decode()
    assert "is confirmed" in signed_in.post(link, follow=True).content.decode()
    assert "Primary address changed" in _act(signed_in, "action_primary")
    ann.refresh_from_db()
    assert ann.email == OTHER
    assert f"Removed {before}" in _act(signed_in, "action_remove", before)
    assert before not in signed_in.get(PAGE).content.decode()


def test_the_address_in_use_stays(signed_in, ann):
    ann.emailaddress_set.create(email=ann.email, primary=True)
    _act(signed_in, "action_add")
    assert f"{ann.email} is your primary address. Make another address primary first." in _act(
        signed_in, "action_remove", ann.email
    )
    page = signed_in.get(PAGE).content.decode()
    assert page.count('name="action_remove"') == page.count('name="action_primary"') == 1


def test_an_unconfirmed_address_does_not_replace_a_confirmed_one(signed_in, ann):
    ann.emailaddress_set.create(email=ann.email, primary=True, verified=True)
    _act(signed_in, "action_add")
    assert "Confirm that address before making it primary" in _act(signed_in, "action_primary")
    ann.refresh_from_db()
    assert ann.email != OTHER


@pytest.mark.parametrize("known", [True, False])
def test_the_password_reset_e_mail_is_the_sites_own(client, ann, mailoutbox, known):
    address = ann.email if known else OTHER
    assert client.post("/accounts/password/reset/", {"email": address}).status_code == 302
    mail = mailoutbox[-1]
    subject = "Reset your password" if known else "No account has this address"
    assert (mail.to, mail.subject) == ([address], f"[127.0.0.1:8000] {subject}")
    assert mail.body.startswith("Someone requested a password reset")
    assert mail.body.rstrip().endswith("127.0.0.1:8000")
    assert re.search(
        r"^http://127\.0\.0\.1:8000/accounts/(password/reset/key/\S+|signup/)$", mail.body, re.MULTILINE
    )
